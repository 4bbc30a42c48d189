/** For so long a permission is believed, as decisions of the API server are. */
const ASK_MILLISECONDS = 5_000;

/**
 * The pieces of a long download, for as long as its reader may have them: that is asked again every five seconds, before the next piece.
 *
 * What `ask` throws ends it in the middle, and its connection breaks: whoever reads sees that the file is not whole.
 *
 * @param now milliseconds of a clock that never goes back.
 */
export async function* whileAllowed<T>(
  pieces: AsyncIterable<T>,
  ask: () => Promise<unknown>,
  now: () => number = () => performance.now(),
): AsyncGenerator<T> {
  let asked = now();
  for await (const piece of pieces) {
    if (now() - asked >= ASK_MILLISECONDS) {
      await ask();
      asked = now();
    }
    yield piece;
  }
}
