import type { IncomingMessage } from 'node:http';

/** Each line of a header by itself, as it came: Node keeps one of several, or makes one of them. */
export const linesOf = ({ rawHeaders }: IncomingMessage, name: string): string[] =>
  rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);
