/** Bytes that come in pieces, of which some can be looked at before they are taken. */
export class ByteInput {
  readonly #pieces: AsyncIterator<Buffer>;
  #ahead: Buffer = Buffer.alloc(0);
  /** What the pieces ended with, behind what is ahead. */
  #failure: { readonly error: unknown } | undefined;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next bytes, which stay: fewer only where the input ends or fails. */
  async peek(count: number): Promise<Buffer> {
    while (this.#ahead.length < count && this.#failure === undefined) {
      const { done, value = Buffer.alloc(0) } = await this.#pieces.next().catch((error: unknown) => {
        this.#failure = { error };
        return { done: true, value: undefined };
      });
      if (done === true) break;
      this.#ahead = this.#ahead.length === 0 ? value : Buffer.concat([this.#ahead, value]);
    }
    return this.#ahead.subarray(0, count);
  }

  /** As many of the next bytes as are there, at least one; empty where the input ends. @throws what the pieces failed with. */
  async next(most: number): Promise<Buffer> {
    if ((await this.peek(1)).length === 0 && this.#failure !== undefined) throw this.#failure.error;
    const taken = this.#ahead.subarray(0, most);
    this.#ahead = this.#ahead.subarray(taken.length);
    return taken;
  }

  /** Puts bytes back that were taken last. */
  putBack(bytes: Buffer): void {
    if (bytes.length > 0) this.#ahead = Buffer.concat([bytes, this.#ahead]);
  }

  /** All that is left. */
  async *rest(most = Infinity): AsyncGenerator<Buffer> {
    for (let piece = await this.next(most); piece.length > 0; piece = await this.next(most)) yield piece;
  }

  /** No more is read. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
