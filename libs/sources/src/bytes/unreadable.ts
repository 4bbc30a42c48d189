/** What follows in a log can never be read; everything before was delivered. The message says why, and what to do. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}
