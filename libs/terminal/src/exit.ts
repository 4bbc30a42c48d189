/** Exit codes of the command line. */
export const DONE = 0;
export const FAILED = 1;
export const WRONG_USAGE = 2;

/** The command was called wrongly: the message says how to call it, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
