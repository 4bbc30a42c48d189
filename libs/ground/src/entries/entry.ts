import type { Fields } from '../fields.ts';
import type { Instant } from '../instant.ts';
import type { NotJson } from './json-text.ts';
import type { Unshown } from './unshown.ts';

/** Why a text in a log is no JSON, as the rest of a sentence, with nothing of the text in it. */
export type TextProblem =
  | NotJson
  | 'a JSON value over several lines breaks off at the end'
  | `a JSON value over several lines breaks off in line ${number}`
  | `${number} NUL bytes, which stand where a file system lost what was written before a crash`
  | 'what stands between its brackets is no JSON';

/** One thing that a log says, out of the envelopes that forwarders put around it. */
export type Entry = {
  /** The line that it begins in, counted from one. */
  readonly line: number;
  /** When it was written, where the envelope that it came in says so. */
  readonly at?: Instant;
} & (
  | { readonly kind: 'value'; readonly value: unknown }
  /** No JSON. */
  | {
      readonly kind: 'text';
      readonly text: Unshown;
      readonly problem: TextProblem;
      /** Whether it came in an envelope, so that it was no line that broke off but what somebody put there. */
      readonly enveloped: boolean;
    }
  /** It was written to another log, which the same forwarder delivers. */
  | { readonly kind: 'elsewhere' }
  /** It can never be read: what it is, and what to do, in a sentence. */
  | { readonly kind: 'unread'; readonly reason: 'too-long' | 'unknown-form'; readonly message: string }
);

/** Whether a value is what is looked for: it is not unwrapped any further. */
export type Bare = (value: Fields) => boolean;
