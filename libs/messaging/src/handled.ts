import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter } from '@margay/ground';
import type { Bus } from './bus/bus.ts';
import { messagesBetween, type Places } from './bus/places.ts';

/** Places in several topics, by their names. */
export type TopicPlaces = ReadonlyMap<string, Places>;

/** How long to wait for messages to be handled. */
export interface Patience {
  /** The most that is waited; for ever unless set. */
  readonly limitMilliseconds?: number;
  /** Ends the wait: what it was aborted with is thrown. */
  readonly signal: AbortSignal;
  /** The first and the longest pause between two looks; 20 ms and 1 s unless set. */
  readonly pauses?: { readonly first: number; readonly longest: number };
}

const PAUSES = { first: 20, longest: 1_000 };

/** What to do about messages that are not handled: to go on, to look again after a pause, or to go on without them. */
export type Step = { readonly look: number } | { readonly left: number };

/**
 * Decides on a wait.
 *
 * @param left how many messages are not handled.
 * @param looks how often it was looked, from 1 on.
 * @param waited milliseconds since the first look.
 * @returns in how many milliseconds to look again, or how many messages are left.
 */
export function nextStep(
  left: number,
  looks: number,
  waited: number,
  { limitMilliseconds = Infinity, pauses = PAUSES }: Pick<Patience, 'limitMilliseconds' | 'pauses'>,
): Step {
  if (left === 0 || waited >= limitMilliseconds) return { left };
  return { look: Math.min(pauseAfter(looks, pauses), limitMilliseconds - waited) };
}

/** Where topics end now. */
export async function endsOfTopics(bus: Bus, topics: Iterable<string>): Promise<TopicPlaces> {
  const names = [...topics];
  const ends = await Promise.all(names.map((topic) => bus.ends(topic)));
  return new Map(names.map((topic, i) => [topic, ends[i]!]));
}

/**
 * Waits until a group has handled every message before the places, of all topics. What is published meanwhile is not waited for.
 *
 * @returns how many it has not handled when the limit is over; 0 as a rule.
 * @throws what the bus threw, or what the signal was aborted with.
 */
export async function untilHandled(
  bus: Bus,
  group: string,
  places: TopicPlaces,
  patience: Patience,
): Promise<number> {
  const { signal } = patience;
  const open = new Map(places);
  const begun = performance.now();
  for (let looks = 1; ; looks++) {
    signal.throwIfAborted();
    const left = await unhandled(bus, group, open);
    const step = nextStep(left, looks, performance.now() - begun, patience);
    if ('left' in step) return step.left;
    await sleep(step.look, undefined, { signal });
  }
}

/** How many messages before the places are not handled; topics of which all are need not be looked at again. */
async function unhandled(bus: Bus, group: string, open: Map<string, Places>): Promise<number> {
  const lefts = await Promise.all(
    [...open].map(async ([topic, place]) => {
      const left = messagesBetween(await bus.positions(topic, group), place);
      if (left === 0) open.delete(topic);
      return left;
    }),
  );
  return lefts.reduce((sum, left) => sum + left, 0);
}
