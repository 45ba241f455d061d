/** Collects a stream up to a limit of bytes; what comes after it sets `truncated`. */
export class BoundedText {
  readonly #limit: number;
  // one growing buffer: a list of chunks costs an object for each byte where a target sends single bytes
  #bytes = Buffer.alloc(0);
  #kept = 0;
  truncated = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    const wanted = this.#kept + chunk.length;
    if (wanted > this.#limit) this.truncated = true;
    const end = Math.min(wanted, this.#limit);
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(Math.min(this.#limit, Math.max(end, this.#bytes.length * 2, 4_096)));
      this.#bytes.copy(grown, 0, 0, this.#kept);
      this.#bytes = grown;
    }
    chunk.copy(this.#bytes, this.#kept, 0, end - this.#kept);
    this.#kept = end;
  }

  /** Invalid UTF-8 becomes U+FFFD. */
  toString(): string {
    return this.#bytes.toString('utf8', 0, this.#kept);
  }
}
