/**
 * The input can never be processed, however often it is tried: it belongs in the dead-letter topic.
 * Every other error is taken as transient, and tried again.
 */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
  /** Short and stable, in kebab-case, for metrics and dead letters: `undecodable`, `unknown-report-type`. */
  readonly code: string;

  /** @param message kept in the dead letter and told in logs: nothing of the input may be in it. */
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
