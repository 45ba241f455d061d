import { Writable } from 'node:stream';

/** An output that keeps what is written to it; with a size it is a terminal. */
export class WrittenOutput extends Writable {
  readonly written: string[] = [];
  readonly columns?: number;
  readonly rows?: number;

  constructor(size: { columns?: number; rows?: number } = {}) {
    super({ decodeStrings: false });
    Object.assign(this, size);
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    this.written.push(text);
    done();
  }

  get text(): string {
    return this.written.join('');
  }
}
