import { isFields, type Fields } from '../fields.ts';
import type { Instant } from '../instant.ts';
import type { Bare, Entry } from './entry.ts';
import { isCoded } from './coded-text.ts';
import { ENVELOPES, fluentRecord, heldIn, type Envelope, type Held } from './envelopes.ts';

/** Whether a text may hold JSON. */
const isJsonText = (text: string): boolean => text.includes('{') || isCoded(text);

/** How deep envelopes and lists may stand in each other. */
const DEPTH_MAX = 16;

/** So many entries of one text are kept; a request of 64 MiB has a tenth of it. What is behind them is told of as one that cannot be read. */
export const ENTRIES_MAX = 500_000;

/** What stands for the entries of a text that are too many. */
export const tooMany = (line: number): Entry => ({
  kind: 'unread',
  line,
  reason: 'too-long',
  message: `One text has more than ${ENTRIES_MAX.toLocaleString('en')} entries: let its sender put fewer into one.`,
});

/** Where a value was found, and how its texts are read. */
export interface Unwrapping {
  readonly bare: Bare;
  readonly line: number;
  readonly depth: number;
  readonly at?: Instant;
  /** What a text that an envelope holds says. */
  readonly readText: (text: string, place: Unwrapping) => Entry[];
}

/** What a value holds that may be an envelope, or several in each other; a value that is none is itself what was found. */
export function unwrapped(value: unknown, place: Unwrapping): Entry[] {
  const { bare, line, depth, at } = place;
  const itself = (): Entry[] => [{ kind: 'value', value, line, ...(at !== undefined && { at }) }];
  if (depth > DEPTH_MAX || (isFields(value) && bare(value))) return itself();
  const inside = { ...place, depth: depth + 1 };
  if (Array.isArray(value)) {
    const record = fluentRecord(value);
    if (record !== undefined)
      return unwrapped(record.value, { ...inside, ...(record.at !== undefined && { at: record.at }) });
    if (value.length > ENTRIES_MAX) return [tooMany(line)];
    return value.flatMap((element) => unwrapped(element, inside));
  }
  if (typeof value === 'string' && isJsonText(value)) return place.readText(value, inside);
  if (!isFields(value)) return itself();
  const found = envelopeOf(value, place);
  if (found === undefined) return itself();
  if (found.held.length > ENTRIES_MAX) return [tooMany(line)];
  return found.held.flatMap((held) => opened(found.envelope, held, place));
}

function opened({ unread }: Envelope, { content, at, elsewhere }: Held, place: Unwrapping): Entry[] {
  const { line, depth } = place;
  if (elsewhere) return [{ kind: 'elsewhere', line }];
  if (unread !== undefined) return [{ kind: 'unread', line, reason: 'unknown-form', message: unread }];
  const inside = { ...place, depth: depth + 1, ...(at !== undefined && { at }) };
  return typeof content === 'string' ? place.readText(content, inside) : unwrapped(content, inside);
}

interface Found {
  readonly envelope: Envelope;
  readonly held: readonly Held[];
}

/**
 * The envelope that a value is. One that holds JSON, or what is looked for, goes before one that holds some text, since
 * forwarders have fields that are called like another's envelope: Filebeat tells in `log` which file the line is from.
 */
function envelopeOf(value: Fields, { bare, depth }: Unwrapping): Found | undefined {
  let plain: Found | undefined;
  for (const envelope of ENVELOPES) {
    const held = heldIn(envelope, value);
    if (held === undefined) continue;
    if (envelope.list !== undefined || envelope.unread !== undefined || held[0]!.elsewhere)
      return { envelope, held };
    const { content } = held[0]!;
    if (isPromising(content, bare, depth + 1)) return { envelope, held };
    if (typeof content === 'string') plain ??= { envelope, held };
  }
  return plain;
}

function isPromising(content: unknown, bare: Bare, depth: number): boolean {
  if (typeof content === 'string') return isJsonText(content);
  if (depth > DEPTH_MAX) return false;
  if (Array.isArray(content)) return content.some((each) => isPromising(each, bare, depth + 1));
  if (!isFields(content)) return false;
  return (
    bare(content) ||
    ENVELOPES.some((envelope) => {
      const held = heldIn(envelope, content);
      return (
        held !== undefined &&
        (envelope.list !== undefined ||
          held.some(({ content: inside }) => isPromising(inside, bare, depth + 1)))
      );
    })
  );
}
