import { isAway } from './away.ts';
import { partOf } from './failed.ts';

/** An answer other than the one that was asked for, as RFC 9457 writes it: `application/problem+json`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly title: string;
  /** What the answer says beside, by the names of its headers. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, title: string, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.status = status;
    this.title = title;
    this.headers = headers;
  }
}

/** There is nothing of that name, or nothing that the viewer may see: both look the same. */
export const missing = (what: string): Problem => new Problem(404, 'Not found', `There is no ${what}`);

/** The request cannot be answered as it is written. */
export const refused = (detail: string): Problem => new Problem(400, 'Bad request', detail);

/**
 * The answer that an error is to whoever asked: a problem, or what is said where a server that is needed is away. Undefined where it is of
 * the inside, which is for the log. Where the server is and what it said is for the log too.
 */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (!isAway(error)) return undefined;
  const away = partOf(error) ?? 'A server that is needed';
  return new Problem(
    503,
    'Unavailable',
    `${away} does not answer, or says that it cannot now. Nothing is lost: try again in some seconds; the log says more`,
  );
}
