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
