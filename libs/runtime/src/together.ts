/**
 * Runs pieces of work that belong together: when one fails the others are told to end, and the whole fails with its
 * error after all have ended, so that starting the whole again never runs a piece twice.
 */
export async function together(
  signal: AbortSignal,
  start: (signal: AbortSignal) => readonly Promise<void>[],
): Promise<void> {
  const failure = new AbortController();
  const pieces = start(AbortSignal.any([signal, failure.signal]));
  try {
    await Promise.all(pieces);
  } catch (error) {
    failure.abort();
    await Promise.allSettled(pieces);
    throw error;
  }
}
