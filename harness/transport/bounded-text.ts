/** Collects a stream up to a limit of bytes; what a target sends beyond it is counted, not kept. */
export class BoundedText {
  readonly #limit: number;
  readonly #chunks: Buffer[] = [];
  #kept = 0;
  truncated = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    const room = this.#limit - this.#kept;
    if (chunk.length > room) this.truncated = true;
    if (room <= 0) return;
    const part = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#chunks.push(part);
    this.#kept += part.length;
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  toString(): string {
    return Buffer.concat(this.#chunks).toString('utf8');
  }
}
