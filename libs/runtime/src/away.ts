/**
 * A server that is needed (the broker, the archive) does not answer, or says that it cannot now. Nothing is wrong with what was
 * asked: the same will do when it is back, however long that takes.
 */
export class Away extends Error {
  override readonly name = 'Away';
}

/** Whether an error, or what caused it, is that a server is away. */
export const isAway = (error: unknown): boolean =>
  error instanceof Error && (error instanceof Away || isAway(error.cause));
