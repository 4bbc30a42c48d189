import { once } from 'node:events';

/** Writes to standard output, waiting where its reader is slow. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

/** Control characters but line breaks and tabs, and those that turn text around: a terminal would obey them. */
// oxlint-disable-next-line no-control-regex
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** A text that may hold what stood in a log, as a terminal may show it: what it would obey is shown by its number. */
export function visible(text: string): string {
  return text.replaceAll(OBEYED, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Tells the person at the terminal, on standard error. */
export function say(text: string): void {
  process.stderr.write(visible(text));
}
