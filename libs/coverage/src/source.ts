import { type Instant, resourceName } from '@margay/ground';

/**
 * Sources by their texts, as marks and origins carry them:
 *
 * ```
 * audit.log@1f2e3d4c5b6a7980      a log file: what it is called, and what its content says
 * audit.log@1f2e3d4c5b6a7980#2    the second file that stood under its name
 * webhook:kube-1  topic:audit/0   what is called by what it is
 * flows:flows.log@0123456789abcdef  any of these, when what it delivers are flows
 * watch/pods@margay-0-5f0c1a      a watch of one kind, and who watches
 * canary/5f0c1a2b3d4e             no source of events: what a writer of canaries says of them
 * lost/trail:margay.policy-events/0  what was lost between the services, and of what nobody knows it
 * settings/kube-system/cilium-config@margay-0  a watch of what a plugin is set up by, on which no row rests
 * listed/pods@1764165600000000     a list that showed the whole state of a kind at an instant
 * ```
 *
 * Where a file lies is never part of it: the same log is the same source wherever it is read.
 */
const IDENTIFIED = /^(.+)@[0-9a-f]{16}(#\d+)?$/s;
const FLOWS = 'flows:';
const TOPIC = 'topic:';
const LOST = /^lost\/([a-z]+):/;

/** A log file as a source. @param identity sixteen hex digits that follow from its content. */
export const fileSource = (name: string, identity: string): string =>
  `${name.startsWith(FLOWS) ? name.replace(':', '_') : name}@${identity}`;

/** The source of a later file that stands under the name of a log: `generation` counts them from 1. */
export const generationOf = (source: string, generation: number): string =>
  generation === 1 ? source : `${source}#${generation}`;

/** The source of flows. */
export const flowSource = (source: string): string => `${FLOWS}${source}`;

const CANARIES = 'canary/';

/** As what a writer of canaries says what became of them. */
export const canarySource = (writer: string): string => `${CANARIES}${writer}`;

/** Whether it is no source of events, but a writer of canaries. */
export const isOfCanaries = (source: string): boolean => source.startsWith(CANARIES);

/** Whether positions of a source are counted one by one: lines of a file, places in a topic. */
export function isCounted(source: string): boolean {
  const own = isOfFlows(source) ? source.slice(FLOWS.length) : source;
  return IDENTIFIED.test(own) || own.startsWith(TOPIC);
}

/** Whether what a source delivers are flows. */
export const isOfFlows = (source: string): boolean => source.startsWith(FLOWS);

/** Of what nobody knows something, where a message between the services is lost: of any object, of who changed what, of flows. */
export type LostKnowledge = 'everything' | 'trail' | 'flows';

/** The source of what was lost between the services: it tells of nothing but that. @param place topic and partition. */
export const lostSource = (what: LostKnowledge, place: string): string => {
  const source = `lost/${what}:${place}`;
  return what === 'flows' ? flowSource(source) : source;
};

/** Of what a source says that something was lost; undefined for one that is none of these. */
export function lostKnowledge(source: string): LostKnowledge | undefined {
  const own = isOfFlows(source) ? source.slice(FLOWS.length) : source;
  return LOST.exec(own)?.[1] as LostKnowledge | undefined;
}

/** The source of a list that showed the whole state of a kind at an instant: it tells of nothing else. */
export const listedSource = (
  kind: { readonly group: string; readonly resource: string },
  at: Instant,
): string => `listed/${resourceName(kind)}@${at}`;

/** The kind of which a source showed the whole state; undefined for one that is no such list. */
export function listedKind(source: string): { group: string; resource: string } | undefined {
  const [, resource, group = ''] = /^listed\/([^.@]+)(?:\.([^@]+))?@\d+$/.exec(source) ?? [];
  return resource === undefined ? undefined : { group, resource };
}

const SETTINGS = 'settings/';

/** The source of what a network plugin is set up by. Rows do not rest on it, and so neither do grades. */
export const settingsSource = ({ namespace, name }: { readonly namespace: string; readonly name: string }) =>
  `${SETTINGS}${namespace}/${name}`;

/** Whether a source tells what happened in a time, as logs, topics and watches do, so that its silence says something. */
export const tellsOfTime = (source: string): boolean =>
  lostKnowledge(source) === undefined &&
  listedKind(source) === undefined &&
  !isOfCanaries(source) &&
  !source.startsWith(SETTINGS);

/** What a source is called; several may be called alike. */
export function sourceName(source: string): string {
  const own = (isOfFlows(source) ? source.slice(FLOWS.length) : source).replace(LOST, '');
  const [, name, generation = ''] = IDENTIFIED.exec(own) ?? [];
  return name === undefined ? own : `${name}${generation}`;
}

/**
 * How sources are printed, each different from the others: by name, and with the identity where another has that name.
 *
 * @param sources all of audit events, or all of flows.
 */
export function printedSources(sources: Iterable<string>): ReadonlyMap<string, string> {
  const all = new Set(sources);
  const called = Map.groupBy(all, sourceName);
  const printed = (source: string): string => {
    const name = sourceName(source);
    if (called.get(name)?.length === 1) return name;
    return isOfFlows(source) ? source.slice(FLOWS.length) : source;
  };
  return new Map([...all].map((source) => [source, printed(source)]));
}

/** The kind that a source watches; undefined for one that is no watch. */
export function watchedKind(source: string): { group: string; resource: string } | undefined {
  const [, resource, group = ''] = /^watch\/([^.@]+)(?:\.([^@]+))?(?:@.*)?$/s.exec(source) ?? [];
  return resource === undefined ? undefined : { group, resource };
}

/** How a packed file is called. */
export const PACKED = /\.(gz|zst|bz2|xz)$/i;

const DATE = /[-_.]\d{4}-?\d{2}-?\d{2}(?:[-_T]?[\d:.-]+(?:Z)?)?(?=\.|$)/;

/** What rotation puts into or behind a name, and nobody else. */
const SURELY_ROTATED = [
  PACKED,
  DATE,
  // Seconds of a clock.
  /[-_.]\d{10}(?=\.[a-z]+$|$)/i,
  /(?<=\.[a-z]+)[-_.]\d{1,10}$/i,
];

/** What rotation puts into or behind a name: times and dates, numbers, and that it was packed. */
const ROTATED = [
  PACKED,
  DATE,
  // The last number of an address is none: each API server has one of its own.
  /(?<!\d\.\d{1,3}\.\d{1,3})[-_.]\d{1,10}(?=\.[a-z]+$|$)/i,
];

/** What the file of a source is called; undefined for what is no file. */
export function fileName(source: string): string | undefined {
  const own = isOfFlows(source) ? source.slice(FLOWS.length) : source;
  return IDENTIFIED.exec(own)?.[1];
}

/**
 * What the files of rotated logs are called together, by their names. One that rotation made others of is called as it is: of
 * `audit-1.log` beside `audit-1.log.1` the number is not rotation's.
 */
export function setsOf(names: Iterable<string>): ReadonlyMap<string, string> {
  const all = new Set(names);
  const written = new Set(
    [...all].flatMap((name) => {
      const [before] = /^.+\.[a-z]+(?=[-_.]\d[\d:.TZ_-]*$)/i.exec(name.replace(PACKED, '')) ?? [];
      return before === undefined ? [] : [before];
    }),
  );
  return new Map([...all].map((name) => [name, written.has(name) ? name : rotatedFrom(name)]));
}

/**
 * What a file is called from which rotation made one of a name, and nothing else can have: times, dates, and numbers behind the
 * whole name. `audit-2.log` may be the log of a second API server.
 */
export const surelyRotatedFrom = (name: string): string =>
  SURELY_ROTATED.reduce((text, part) => text.replace(part, ''), name);

/** What a file is called from which rotation made one of a name. */
const rotatedFrom = (name: string): string => ROTATED.reduce((text, part) => text.replace(part, ''), name);
