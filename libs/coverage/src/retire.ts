import { formatInstant, type Instant } from '@margay/ground';
import type { Delivery } from './delivery.ts';
import { believedOf, type Retirement, type Word } from './retirement.ts';
import { isOfFlows, tellsOfTime } from './source.ts';
import { sortOf, type Stream, streamsOf } from './stream.ts';
import type { TellerFact } from './tellers.ts';

/** A source that can be retired, as coverage names it. */
interface Told {
  readonly name: string;
  readonly stream: Stream;
}

/** @param deliveries of all sources, over all of their time. */
function toldSources(deliveries: readonly Delivery[]): Told[] {
  const of = (ofFlows: boolean) =>
    streamsOf(deliveries.filter(({ source }) => tellsOfTime(source) && isOfFlows(source) === ofFlows));
  return [
    ...of(false).map((stream) => ({ name: stream.name, stream })),
    ...of(true).map((stream) => ({ name: `flows: ${stream.name}`, stream })),
  ];
}

/** What is asked for: that a source is retired. */
interface AskedRetirement extends Omit<Retirement, 'source'> {
  /** As coverage names it. */
  readonly name: string;
}

/** What is asked for: that it was wrong to retire a source. */
interface AskedTakingBack extends Word {
  /** As coverage names it. */
  readonly name: string;
}

/** What is to be remembered where a source is retired, or why it cannot be, in words that say what to do. */
type Retired =
  | { readonly facts: readonly TellerFact[]; readonly last?: Instant; readonly others: number }
  | { readonly refused: string };

/**
 * Retires a source: all files of a log that was rotated, together.
 *
 * @param deliveries of all sources, over all of their time.
 */
export function retire(
  deliveries: readonly Delivery[],
  { name, from, said, by, because }: AskedRetirement,
): Retired {
  const all = toldSources(deliveries);
  const found = all.find((one) => one.name === name);
  if (found === undefined) return { refused: unknownWords(name, all) };
  const { stream } = found;
  const { lastOfAll: last } = stream;
  const known = believedOf(stream);
  if (known !== undefined)
    return {
      refused: `${name} is retired already: ${known.by} said at ${formatInstant(known.said)} that it tells nothing from ${formatInstant(known.from)} on.`,
    };
  if (from > said)
    return {
      refused: `${formatInstant(from)} has not come yet: it is ${formatInstant(said)} here. What ${name} may tell until then nobody knows: say so when it is out of service, from now on at the latest.`,
    };
  if (last !== undefined && from <= last)
    return {
      refused: `${name} told something at ${formatInstant(last)}, which is not before ${formatInstant(from)}. Give an instant behind that; where it goes on telling, end it first.`,
    };
  const facts = stream.sources.map((source): TellerFact => ({
    what: 'retired',
    source,
    at: from,
    said,
    by,
    because,
  }));
  const others = all.filter(
    (one) => one !== found && sortOf(one.stream) === sortOf(stream) && believedOf(one.stream) === undefined,
  ).length;
  return { facts, ...(last !== undefined && { last }), others };
}

/**
 * Takes back that a source is retired, of all files of a log that was rotated, together.
 *
 * @param deliveries of all sources, over all of their time.
 */
export function takeBack(
  deliveries: readonly Delivery[],
  { name, ...word }: AskedTakingBack,
): { readonly facts: readonly TellerFact[] } | { readonly refused: string } {
  const all = toldSources(deliveries);
  const found = all.find((one) => one.name === name);
  if (found === undefined) return { refused: unknownWords(name, all) };
  const known = believedOf(found.stream);
  if (known === undefined) return { refused: `${name} is not retired: there is nothing to take back.` };
  if (word.said < known.said)
    return {
      refused: `${name} was retired at ${formatInstant(known.said)}, and it is ${formatInstant(word.said)} here: a clock is wrong.`,
    };
  return { facts: found.stream.sources.map((source) => ({ what: 'taken-back', source, ...word })) };
}

function unknownWords(name: string, all: readonly Told[]): string {
  if (all.length === 0) return `Nothing ever told of this cluster: there is no source ${name} to retire.`;
  const names = all.map((one) => one.name);
  return `No source of this cluster is called ${name}. Name it as the page Coverage and /api/v1/coverage do: ${names.slice(0, NAMES_MAX).join(', ')}${names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : ''}.`;
}

const NAMES_MAX = 50;
