import { parseInstant } from '@margay/ground';
import type { EndpointRow, Intervals, Open, Report } from '../report.ts';
import { mayBeUnseen } from './losses.ts';

type AnyRow = Open & Readonly<Record<string, unknown>>;

/** Everything that a report says and that is not so, by the report over all that happened; empty where there is nothing. */
export function contradictions(said: Report, truth: Report): string[] {
  const doubts = said.evidence.doubts.listed;
  const pods = (namespace: string) => mayBeUnseen({ group: '', resource: 'pods', namespace }, doubts);
  const isExcused = (namespace: string) =>
    namespace === ''
      ? mayBeUnseen({ group: 'projectcalico.org', resource: 'hostendpoints', namespace }, doubts)
      : pods(namespace);
  // Which service a slice of unknown content belongs to is not known.
  const services = (namespace: string) =>
    pods(namespace) ||
    doubts.some(({ about }) => new RegExp(`^(Endpoint|Service).*\\(${namespace}/`).test(about)) ||
    ['services', 'endpoints'].some((resource) => mayBeUnseen({ group: '', resource, namespace }, doubts)) ||
    mayBeUnseen({ group: 'discovery.k8s.io', resource: 'endpointslices', namespace }, doubts);
  const namespaceOf = (printed: string) => /\(([^/)]*)/.exec(printed)?.[1] ?? '';
  return [
    ...compared(said.endpoints, truth.endpoints, 'endpoint', (name) =>
      isExcused(name.includes('/') ? namespaceOf(name) : ''),
    ),
    ...compared(said.namespaces, truth.namespaces, 'namespace', (name) => pods(namespaceOf(name))),
    ...(beginsInMidLife(said)
      ? []
      : compared(said.services, truth.services, 'service', (name) => services(namespaceOf(name)))),
    ...said.endpoints.flatMap((row) => {
      const real = truth.endpoints.find(({ endpoint }) => endpoint === row.endpoint);
      return real === undefined ? [] : endpointProblems(row, real, said);
    }),
  ];
}

/** Where a log begins in mid-life, services hold what is known of them, which is said to be so. */
const beginsInMidLife = (said: Report): boolean =>
  said.evidence.doubts.listed.some(({ reason }) => reason === 'beginning');

function compared(
  said: readonly object[],
  truth: readonly object[],
  name: string,
  mayBeMissing: (name: string) => boolean,
): string[] {
  const rows = new Map(said.map((row) => [String((row as AnyRow)[name]), row as AnyRow]));
  const real = new Map(truth.map((row) => [String((row as AnyRow)[name]), row as AnyRow]));
  const problems: string[] = [];
  for (const [text, row] of real) {
    const told = rows.get(text);
    if (told === undefined) {
      if (!mayBeMissing(text)) problems.push(`${text} is missing`);
      continue;
    }
    for (const [flag, is] of Object.entries(row)) {
      if (typeof is !== 'boolean' || told.notKnown.includes(flag) || told[flag] === is) continue;
      problems.push(`${text} ${flag} is ${String(told[flag])}, right is ${is}`);
    }
  }
  for (const [text, row] of rows) {
    const flags = Object.entries(row).filter(([, is]) => typeof is === 'boolean');
    if (!real.has(text) && flags.some(([flag]) => !row.notKnown.includes(flag)))
      problems.push(`${text} is no row`);
    for (const [flag, is] of flags)
      if (is === true && row.notKnown.includes(flag)) problems.push(`${text} ${flag} is true and not known`);
  }
  return problems;
}

function endpointProblems(row: EndpointRow, real: EndpointRow, said: Report): string[] {
  const problems: string[] = [];
  const doubts = said.evidence.doubts.listed;
  // The tier that a policy of unknown content is printed with is a guess, and of a kind there may be any.
  const isPolicyInDoubt = doubts.some(({ about }) => /everything|polic/i.test(about));
  for (const name of row.appliedPolicies)
    if (!real.appliedPolicies.includes(name)) problems.push(`${row.endpoint}: ${name} did not apply`);
  for (const name of real.appliedPolicies)
    if (!row.appliedPolicies.includes(name) && !row.possiblePolicies.includes(name) && !isPolicyInDoubt)
      problems.push(`${row.endpoint}: ${name} may have applied`);
  for (const name of row.services)
    if (!real.services.includes(name) && !beginsInMidLife(said))
      problems.push(`${row.endpoint}: ${name} did not hold it`);
  for (const [what, open, realOpen, notKnown] of [
    ['ingress', row.unprotectedIngress, real.unprotectedIngress, row.notKnownIngress],
    ['egress', row.unprotectedEgress, real.unprotectedEgress, row.notKnownEgress],
  ] as const) {
    if (!isWithin([open], [realOpen])) problems.push(`${row.endpoint}: ${what} was not open all that time`);
    if (!isWithin([realOpen], [open, notKnown]))
      problems.push(`${row.endpoint}: ${what} was open at other times`);
  }
  return problems;
}

/** Whether all of some intervals is covered by others. Lists that are cut short tell nothing. */
function isWithin(inner: readonly Intervals[], outer: readonly Intervals[]): boolean {
  if ([...inner, ...outer].some(({ more }) => more > 0)) return true;
  const read = (all: readonly Intervals[]) =>
    all
      .flatMap(({ intervals }) => intervals)
      .map(({ from, to }) => ({ from: parseInstant(from) ?? NaN, to: parseInstant(to) ?? NaN }));
  const covers = read(outer).toSorted((a, b) => a.from - b.from);
  return read(inner).every(({ from, to }) => {
    let reached = from;
    for (const cover of covers) if (cover.from <= reached && cover.to > reached) reached = cover.to;
    return reached >= to;
  });
}
