import type { Flow } from '@margay/history';
import type { FlowPair } from './flows.ts';

/** What makes two flows of the same pair, as one text: equal for equal pairs, and ordered. */
export function pairText({
  source,
  destination,
  action,
}: Pick<Flow, 'source' | 'destination' | 'action'>): string {
  const ends = [source, destination].map(({ type, namespace, name, nameIsPrefix }) => [
    type,
    namespace,
    name,
    nameIsPrefix,
  ]);
  return JSON.stringify([...ends, action]);
}

/** The pair of its text. */
export function pairOf(text: string): Pick<FlowPair, 'source' | 'destination' | 'action'> {
  type End = [FlowPair['source']['type'], string, string, boolean];
  const [source, destination, action] = JSON.parse(text) as [End, End, FlowPair['action']];
  const endOf = ([type, namespace, name, nameIsPrefix]: End) => ({ type, namespace, name, nameIsPrefix });
  return { source: endOf(source), destination: endOf(destination), action };
}

/** One time of a pair. */
export interface PairTime {
  readonly pair: string;
  readonly startAt: number;
  readonly endAt: number;
}

/** Joins the times of each pair that overlap or touch. @param times by pair, and ascending within it. */
export function joiner(): { next(time: PairTime): FlowPair | undefined; end(): FlowPair | undefined } {
  let held: PairTime | undefined;
  const give = (time: PairTime | undefined): FlowPair | undefined =>
    time && { ...pairOf(time.pair), startAt: time.startAt, endAt: time.endAt };
  return {
    next(time) {
      if (held?.pair === time.pair && time.startAt <= held.endAt) {
        held = { ...held, endAt: Math.max(held.endAt, time.endAt) };
        return undefined;
      }
      const done = held;
      held = time;
      return give(done);
    },
    end: () => give(held),
  };
}
