/**
 * What may be printed of what others said. Log lines, reasons of checks and windows, dead letters and spans are made of the words of
 * errors, and those of libraries quote what they could not read, or name addresses whose path or credentials are secrets.
 */

const HOST = /^(\[[\da-f:.]+\]|[a-z\d]([\w.-]{0,252}[a-z\d])?)(:\d{1,5})?$/i;

/** An address as it may be printed: scheme, host and port alone. A path or a query may be a secret, as a webhook's often is. */
export function shownAddress(address: string): string {
  const url = URL.parse(address);
  if (url !== null && url.host !== '') return `${url.protocol}//${url.host}`;
  return HOST.test(address) ? address : '(an address that is none)';
}

/** `user:password@` in a URL, an authorization's value, a JSON Web Token. */
const CREDENTIALS: readonly (readonly [RegExp, string])[] = [
  [/(\w+:\/\/)[^\s/?#]*@/g, '$1'],
  [/\b(Bearer|Basic|ApiKey)\s+[\w.~+/=-]{8,}/gi, '$1 (not shown)'],
  [/\beyJ[\w-]{8,}(\.[\w-]*){0,2}/g, '(not shown)'],
];

/** A text without the credentials that stand in it. */
export const shownText = (text: string): string =>
  CREDENTIALS.reduce((shown, [pattern, instead]) => shown.replace(pattern, instead), text);

/** What V8 says of a text that is no JSON: it quotes the text. */
const isOfJson = ({ name, message }: Error): boolean =>
  name === 'SyntaxError' && /\bJSON\b|^Unexpected token/.test(message);

/** What an error says, as it may be printed and kept. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return shownText(String(error));
  return isOfJson(error) ? 'a text is no JSON' : shownText(error.message);
}

/** How V8 prints a frame. */
const FRAME = /^ +at (.+ \(.+:\d+:\d+\)|.+:\d+:\d+|.+ \((<anonymous>|native)\))$/;

/** Where an error came from: the frames of its stack, without its words, which stand by themselves. */
export function stackOf({ stack = '', message }: Error): string {
  const words = message === '' ? -1 : stack.indexOf(message);
  const behind = words === -1 ? stack : stack.slice(words + message.length);
  return behind
    .split('\n')
    .filter((line) => FRAME.test(line))
    .join('\n');
}
