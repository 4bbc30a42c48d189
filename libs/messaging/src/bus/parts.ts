import { createHash } from 'node:crypto';
import { Unprocessable } from '../unprocessable.ts';
import type { Delivery, Message } from './bus.ts';
import { MESSAGE_BYTES_MAX, noticeOf } from './notice.ts';

/** The headers that each part of a message has beside the message's own. */
export const PART_HEADERS = {
  /** The same for all parts that were published by one attempt; another attempt has another. */
  of: 'part-of',
  /** Which part of how many it is, from one on: `2/5`. */
  number: 'part',
  /** The size of the whole value. */
  bytes: 'part-bytes',
  /** Of the whole value, hexadecimal. */
  sha256: 'part-sha256',
} as const;

/** The most that is held of messages whose last parts have not come, in each partition. */
const HELD_BYTES_MAX = 2 * MESSAGE_BYTES_MAX;
/** What is settled is remembered, so that parts of it that come again are known. */
const SETTLED_MAX = 10_000;

/** What a message adds to its value where it is written, about. */
const RECORD_BYTES = 64;

/** How many bytes a message takes where it is written, about. */
export const sizeOf = ({ key, value, headers = {} }: Message): number =>
  Object.entries(headers).reduce(
    (sum, [name, text]) => sum + Buffer.byteLength(name) + Buffer.byteLength(text) + 8,
    RECORD_BYTES + Buffer.byteLength(key) + value.byteLength,
  );

/**
 * A message in parts, each of which takes `bytesMax` bytes at the most: all of its key, in the order of its value.
 *
 * @param attempt tells these parts from those of another attempt to publish the same message.
 * @returns undefined where key and headers alone leave no room.
 */
export function inParts(message: Message, bytesMax: number, attempt: string): Message[] | undefined {
  const { key, value } = message;
  const sha256 = createHash('sha256').update(value).digest('hex');
  const headersOf = (number: number, count: number) => ({
    ...message.headers,
    [PART_HEADERS.of]: attempt,
    [PART_HEADERS.number]: `${number}/${count}`,
    [PART_HEADERS.bytes]: String(value.byteLength),
    [PART_HEADERS.sha256]: sha256,
  });
  const most = value.byteLength;
  const room = bytesMax - sizeOf({ key, value: new Uint8Array(), headers: headersOf(most, most) });
  if (room < 1) return undefined;
  const count = Math.max(1, Math.ceil(value.byteLength / room));
  return Array.from({ length: count }, (_, i) => ({
    key,
    value: value.subarray(i * room, (i + 1) * room),
    headers: headersOf(i + 1, count),
  }));
}

interface Part {
  readonly of: string;
  readonly number: number;
  readonly count: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a message says of itself as a part; undefined where it is none. */
function partIn({ headers = {} }: Pick<Message, 'headers'>): Part | undefined {
  const { [PART_HEADERS.of]: of, [PART_HEADERS.number]: place = '' } = headers;
  const [, number, count] = /^([1-9]\d{0,8})\/([1-9]\d{0,8})$/.exec(place) ?? [];
  if (of === undefined || number === undefined) return undefined;
  const { [PART_HEADERS.bytes]: bytes, [PART_HEADERS.sha256]: sha256 = '' } = headers;
  return { of, number: Number(number), count: Number(count), bytes: Number(bytes), sha256 };
}

function ownHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const ofParts = new Set<string>(Object.values(PART_HEADERS));
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofParts.has(name)));
}

/** A message of which some parts have come. */
interface Unfinished extends Part {
  /** Its first part, as it was delivered but for the value. */
  readonly first: Delivery;
  readonly values: Uint8Array[];
  held: number;
  /** Where its last part stands. */
  last: bigint;
  /** When that came, in milliseconds. */
  cameAt: number;
}

/** From the first to the last part of a message. */
interface Span {
  readonly first: Delivery;
  readonly last: bigint;
}

/**
 * Puts messages together that were published in parts, in one partition whose messages it is given in their order, and from an earlier
 * place again as often as need be.
 *
 * The parts of one attempt come in order; between them may stand anything, and a part may come twice. Whose producer ended before the last
 * part is finished by another attempt as a rule, which makes the first forgotten. What can never be finished is delivered as a notice with
 * the place of its first part. So is a last part that comes a second time right behind where reading begins: too much is left open then, and
 * nothing too little.
 */
export class Assembly {
  readonly #unfinished = new Map<string, Unfinished>();
  /** Attempts that were finished, forgotten or given up: of their parts nothing more becomes. */
  readonly #settled = new Set<string>();
  /** Where those stand that were settled while others were not. */
  #spans: Span[] = [];
  /** Those that are to be given up where they are met next. */
  readonly #overdue = new Set<string>();

  /** What a delivery completes: itself where it is no part, nothing where more parts are to come. @param now milliseconds, of any clock. */
  take(delivery: Delivery, now: number): Delivery[] {
    const part = partIn(delivery);
    if (part === undefined) return [delivery];
    if (this.#settled.has(part.of)) return [];
    const before = this.#unfinished.get(part.of);
    const had = before?.values.length ?? 0;
    const wrong =
      this.#overdue.has(part.of) && part.number <= had
        ? `no part behind the ${had}. of ${part.count} came`
        : problemOf(part, had, (before?.held ?? 0) + delivery.value.byteLength);
    if (wrong !== undefined) return [this.#giveUp(part.of, before?.first ?? delivery, wrong)];
    if (part.number <= had) return [];
    const first = { ...delivery, value: new Uint8Array() };
    const taken = before ?? { ...part, first, values: [], held: 0, last: 0n, cameAt: now };
    this.#unfinished.set(part.of, taken);
    taken.values.push(delivery.value);
    taken.held += delivery.value.byteLength;
    taken.last = BigInt(delivery.offset);
    taken.cameAt = now;
    return taken.values.length < part.count ? this.#withinBounds() : [this.#whole(taken, delivery)];
  }

  /**
   * Where reading has to begin again for nothing to be missing of what is not finished: at a first part. What was settled meanwhile, and
   * has parts on both sides of that place, is read again with it. Undefined where nothing is unfinished.
   */
  get heldFrom(): Delivery | undefined {
    const [unfinished] = this.#unfinished.values();
    let from = unfinished?.first;
    for (let before: Span | undefined; from !== undefined; from = before.first) {
      const at = BigInt(from.offset);
      before = this.#spans.find(({ first, last }) => BigInt(first.offset) < at && at <= last);
      if (before === undefined) return from;
    }
    return from;
  }

  /**
   * Gives up messages of which no part came since an instant, as soon as they are met again.
   *
   * @returns the first of them, from where on the partition is to be read again; undefined where there is none.
   */
  giveUpBefore(since: number): Delivery | undefined {
    const overdue = [...this.#unfinished.values()].filter(({ cameAt }) => cameAt < since);
    for (const { of } of overdue) this.#overdue.add(of);
    return overdue[0]?.first;
  }

  #whole({ of, first, values, bytes, sha256 }: Unfinished, last: Delivery): Delivery {
    const value = values.length === 1 ? values[0]! : Buffer.concat(values);
    const digest = createHash('sha256').update(value).digest('hex');
    if (value.byteLength !== bytes || digest !== sha256)
      return this.#giveUp(of, first, 'its parts do not make what was published');
    this.#settle(of);
    // Attempts before this one, which ended in the middle.
    for (const other of this.#unfinished.values())
      if (other.sha256 === sha256 && other.first.key === first.key) this.#settle(other.of);
    return { ...last, value, headers: ownHeaders(first.headers) };
  }

  #withinBounds(): Delivery[] {
    const held = () => [...this.#unfinished.values()].reduce((sum, one) => sum + one.held, 0);
    const told: Delivery[] = [];
    for (const { of, first } of this.#unfinished.values()) {
      if (held() <= HELD_BYTES_MAX) break;
      told.push(this.#giveUp(of, first, 'too much is published in parts at the same time'));
    }
    return told;
  }

  #giveUp(of: string, first: Delivery, wrong: string): Delivery {
    this.#settle(of);
    const why = new Unprocessable('incomplete', `a message in parts cannot be put together: ${wrong}`);
    const notice = noticeOf({ key: first.key, headers: ownHeaders(first.headers) }, why);
    return { ...first, ...notice, headers: { ...notice.headers } };
  }

  #settle(of: string): void {
    const unfinished = this.#unfinished.get(of);
    this.#unfinished.delete(of);
    this.#overdue.delete(of);
    if (this.#unfinished.size === 0) this.#spans = [];
    else if (unfinished !== undefined) {
      const { first, last } = unfinished;
      this.#spans.push({ first, last });
    }
    this.#settled.add(of);
    if (this.#settled.size <= SETTLED_MAX) return;
    const [oldest] = this.#settled;
    this.#settled.delete(oldest!);
  }
}

/** Why a part ends all hope of its message. @param had how many parts are there. @param bytes of them and it. */
function problemOf({ number, count, bytes: whole }: Part, had: number, bytes: number): string | undefined {
  if (number > had + 1) return `its parts ${had + 1} to ${number - 1} of ${count} are gone`;
  if (!(whole <= MESSAGE_BYTES_MAX))
    return `it has ${whole} bytes, and at most ${MESSAGE_BYTES_MAX} are taken`;
  if (number === had + 1 && bytes > whole) return `its parts have more than the ${whole} bytes that it has`;
  return undefined;
}
