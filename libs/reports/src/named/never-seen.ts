import type { Contact } from '@margay/flows';
import { compareTexts, formatInstant, sortedOnce, type Window } from '@margay/ground';
import type { AskedName, Version } from '@margay/history';
import { printName } from '@margay/policy';
import { aboutId } from '../doubts/doubt-id.ts';
import type { KnownDoubt, Played, UnseenSpan } from '../doubts/played.ts';
import { printedAbout } from '../doubts/wide-doubts.ts';
import { printedVersion } from '../printed-version.ts';
import type { MayHold } from '../scope-homes.ts';
import { type NamedObject, namedObjects, neverTold } from './names.ts';
import { type Place, scopeOfNames } from './scope-of-names.ts';

/** How many the evidence lists; all are counted. */
const LISTED_MAX = 200;
/** How many names the sentence of a doubt has. */
const IN_A_SENTENCE = 3;
const FLOW_LOGS = 'flow logs';

/** An object that evidence names, and that was not seen up to the end of the window. */
export interface NeverSeenObject {
  /** As printed, with a star where flow logs tell no more than how names begin. */
  readonly resource: string;
  readonly kind: string;
  /** Empty for objects of the whole cluster. */
  readonly namespace: string;
  readonly name: string;
  /** False for kinds of which no history is kept, so that none of them is ever seen. */
  readonly isKept: boolean;
  /** As printed; the first few, and `flow logs`. */
  readonly namedBy: readonly string[];
  /** When it was first and last named in the window; RFC 3339. */
  readonly namedFrom: string;
  readonly namedTo: string;
}

/** What existed, since evidence names it, and was not seen. */
export interface NeverSeen {
  readonly total: number;
  /** Those of them that are endpoints: the report's rows are not all of them. */
  readonly numEndpoints: number;
  /** Those of kinds of which no history is kept. */
  readonly numNotKept: number;
  /** The first: endpoints, then kinds whose history is kept, then others; each by name. */
  readonly listed: readonly NeverSeenObject[];
}

/** What names that nobody is seen of tell, and what they leave open. */
export interface NamesOnly {
  readonly neverSeen: NeverSeen;
  /** One for the endpoints of each namespace. */
  readonly doubts: readonly KnownDoubt[];
  /** The same, as pods that nobody saw. */
  readonly unseen: readonly UnseenSpan[];
}

/** Where names are looked for, and for whom. */
interface Asked {
  readonly versions: readonly Version[];
  readonly flows: Iterable<Contact>;
  readonly window: Window;
  /** Undefined where the report has no scope. */
  readonly mayHold: MayHold | undefined;
  readonly played: Pick<Played, 'unseen'>;
  /** The names of `namesToAsk` of which something was told. */
  readonly told: Iterable<AskedName>;
  /** In scope; undefined where the report has none. */
  readonly endpoints: readonly Place[] | undefined;
}

/**
 * What the evidence of a window names and was not seen up to its end, as far as the report's scope has it.
 *
 * Of kinds whose history is not kept, only where something may have existed that nobody saw: a log that holds the
 * cluster's birth leaves nothing of these to look for.
 */
export function neverSeen({ versions, flows, window, mayHold, played, told, endpoints }: Asked): NamesOnly {
  const counts = mayHold && scopeOfNames(mayHold, endpoints);
  const named = namedObjects(
    { versions, flows, window },
    {
      ofOtherKinds: played.unseen.length > 0,
      ...(counts && { counts }),
    },
  );
  const found = neverTold(named, told);
  const inOrder = found
    .map((one) => ({ one, printed: printed(one) }))
    .sort((a, b) => rank(a.one) - rank(b.one) || compareTexts(a.printed, b.printed));
  const unseenEndpoints = inOrder.filter(({ one }) => isEndpoint(one)).map(({ one }) => one);
  const doubts = [
    ...Map.groupBy(unseenEndpoints, ({ of, namespace }) => `${of.kind} ${namespace}`).values(),
  ].map(doubtAbout);
  return {
    neverSeen: {
      total: found.length,
      numEndpoints: unseenEndpoints.length,
      numNotKept: found.filter(({ of }) => of.kept === undefined).length,
      listed: inOrder.slice(0, LISTED_MAX).map(({ one, printed: resource }) => listed(one, resource)),
    },
    doubts: doubts.map(({ doubt }) => doubt),
    unseen: doubts.map(({ span }) => span),
  };
}

const isEndpoint = ({ of: { kind } }: NamedObject): boolean => kind === 'Pod' || kind === 'HostEndpoint';

const rank = (one: NamedObject): number => (isEndpoint(one) ? 0 : one.of.kept === undefined ? 2 : 1);

const printed = ({ of: { kind, apiVersion }, namespace, name }: NamedObject): string =>
  printName({ kind, apiVersion, namespace, name });

function listed(one: NamedObject, resource: string): NeverSeenObject {
  const { of, namespace, name, from, to } = one;
  return {
    resource,
    kind: of.kind,
    namespace,
    name,
    isKept: of.kept !== undefined,
    namedBy: namersOf(one),
    namedFrom: formatInstant(from),
    namedTo: formatInstant(to),
  };
}

const namersOf = ({ by, isInFlows }: NamedObject): string[] => [
  ...sortedOnce(by.map(printedVersion)),
  ...(isInFlows ? [FLOW_LOGS] : []),
];

/** @param named endpoints of one kind in one namespace. */
function doubtAbout(named: readonly NamedObject[]): { doubt: KnownDoubt; span: UnseenSpan } {
  const [{ of, namespace }] = named as [NamedObject];
  const { group = '', resource = '' } = of.kept ?? {};
  const where = namespace === '' ? undefined : namespace;
  const about = printedAbout({ group, resource }, where);
  const id = aboutId(`${about} named`);
  const since = named.reduce((first, { from }) => Math.min(first, from), Infinity);
  return {
    doubt: {
      id,
      about,
      since,
      reason: 'never-seen',
      message: sentence(named),
      source: '',
    },
    span: { id, group, resource, ...(where !== undefined && { namespace: where }), validFrom: since },
  };
}

function sentence(named: readonly NamedObject[]): string {
  const names = named.slice(0, IN_A_SENTENCE).map((one) => `${printed(one)} (by ${namersOf(one)[0]})`);
  const more = named.length - names.length;
  return (
    `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''} ${named.length === 1 ? 'is' : 'are'} named and ` +
    `${named.length === 1 ? 'was' : 'were'} never seen, so that the report has no row of ${named.length === 1 ? 'it' : 'them'}: give a log that holds ` +
    `${named.length === 1 ? 'its' : 'their'} creation, or a baseline.`
  );
}
