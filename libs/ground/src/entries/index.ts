/**
 * Entries: what a log says, out of what stands around it. The lines of a log go in, of a file, a request or a message alike, and JSON
 * values come out, each with the line that it begins in; `ENVELOPES` is the one list of what forwarders and clouds put around them.
 */
export type { Bare, Entry } from './entry.ts';
export { entriesIn, EntryReader } from './entry-reader.ts';
export { ENVELOPES, type Envelope } from './envelopes.ts';
export { jsonOf } from './json-text.ts';
export type { Unshown } from './unshown.ts';
