import { readFileSync } from 'node:fs';

/** Margay's version, as the package says. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
