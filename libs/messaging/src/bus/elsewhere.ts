import type { Bus } from './bus.ts';

/**
 * A bus of which some topics are on another one, as those that somebody else writes. They are read there; dead letters of theirs lie
 * with all others.
 */
export function withTopicsElsewhere(bus: Bus, elsewhere: Bus, topics: readonly string[]): Bus {
  const of = (topic: string): Bus => (topics.includes(topic) ? elsewhere : bus);
  return {
    ...(bus.registry !== undefined && { registry: bus.registry }),
    publish: (topic, messages) => of(topic).publish(topic, messages),
    holds: (topic, place, by) => of(topic).holds(topic, place, by),
    consume: (topic, group, handler, options) => of(topic).consume(topic, group, handler, options),
    deadLetters: (topic, some) => bus.deadLetters(topic, some),
    read: (topic, places) => of(topic).read(topic, places),
    peek: (topic) => of(topic).peek(topic),
    ends: (topic) => of(topic).ends(topic),
    positions: (topic, group) => of(topic).positions(topic, group),
    lag: (topic, group) => of(topic).lag(topic, group),
    async close() {
      await Promise.all([elsewhere.close(), bus.close()]);
    },
  };
}
