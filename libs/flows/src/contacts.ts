import type { Contact, FlowEnd } from './flow.ts';

/** Who talked to whom and how that was judged, as one text: equal for equal ones, and ordered. */
export function contactText({ source, destination, action }: Omit<Contact, 'startAt' | 'endAt'>): string {
  return JSON.stringify([endParts(source), endParts(destination), action]);
}

/** What tells one end from another. */
export const endParts = ({ type, namespace, name, nameIsPrefix }: FlowEnd) =>
  [type, namespace, name, nameIsPrefix] as const;

/** The contact of a text and its time. */
export function contactOf({ pair, startAt, endAt }: ContactTime): Contact {
  type End = ReturnType<typeof endParts>;
  const [source, destination, action] = JSON.parse(pair) as [End, End, Contact['action']];
  const endOf = ([type, namespace, name, nameIsPrefix]: End) => ({ type, namespace, name, nameIsPrefix });
  return { startAt, endAt, action, source: endOf(source), destination: endOf(destination) };
}

/** One time of a contact. */
export interface ContactTime {
  /** As `contactText` gives it. */
  readonly pair: string;
  readonly startAt: number;
  readonly endAt: number;
}

/** Joins the times of each contact that overlap or touch. @param times by contact, and ascending within it. */
export function joiner(): { next(time: ContactTime): Contact | undefined; end(): Contact | undefined } {
  let held: ContactTime | undefined;
  const give = (time: ContactTime | undefined) => time && contactOf(time);
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
