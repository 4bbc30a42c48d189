import { type Instant, MINUTE } from '@margay/ground';
import fc from 'fast-check';
import type { Change } from '../change.ts';
import { OUTCOME_UNKNOWN } from '../object-doubt.ts';

/** A log file, of one of two clusters. */
export interface LogOfCluster {
  readonly source: string;
  /** The source of the file that the same log was written to before. */
  readonly goesOnFrom?: string;
  readonly cluster: number;
}

/** Something that a file tells. */
export interface ToldByLog {
  readonly file: LogOfCluster;
  readonly change: Change;
}

const BEGIN: Instant = Date.parse('2026-11-24T00:00:00Z') * 1_000;
const FILES_MAX = 5;

interface Drawn {
  readonly cluster: number;
  readonly isPart: boolean;
}

interface Step {
  readonly file: number;
  readonly object: number;
  readonly minute: number;
  /**
   * It shows an object, or tells of a request that `claims` the uid which an object of that name has in the other cluster, or of one that
   * another API server carries out, which keeps objects with the same uids in both clusters.
   */
  readonly does: 'shows' | 'claims' | 'hands on';
}

const step: fc.Arbitrary<Step> = fc.record({
  file: fc.nat(FILES_MAX - 1),
  object: fc.nat(9),
  minute: fc.nat(100),
  does: fc.constantFrom('shows', 'shows', 'shows', 'shows', 'claims', 'hands on'),
});

/** What files of two clusters, or of one, tell, in the order in which they are read. Objects of both have the same names, and no file tells of `kube-system`. */
export const toldByLogs: fc.Arbitrary<readonly ToldByLog[]> = fc
  .tuple(
    fc.array(fc.record({ cluster: fc.nat(2).map((of) => of % 2), isPart: fc.nat(3).map((of) => of === 0) }), {
      minLength: 2,
      maxLength: FILES_MAX,
      size: 'max',
    }),
    fc.array(step, { minLength: 1, maxLength: 25, size: 'max' }),
  )
  .map(([drawn, steps]) => {
    const files = filesOf(drawn);
    return steps.map((one, i) => {
      const file = files[one.file % files.length]!;
      return { file, change: changeOf(one, file, i) };
    });
  });

function filesOf(drawn: readonly Drawn[]): LogOfCluster[] {
  const sourceOf = (i: number): string => `${i}.log@${String(i).repeat(16)}`;
  return drawn.map(({ cluster, isPart }, i) => {
    const before = drawn.slice(0, i).findLastIndex((other) => other.cluster === cluster);
    return { source: sourceOf(i), cluster, ...(isPart && before >= 0 && { goesOnFrom: sourceOf(before) }) };
  });
}

function changeOf({ object, minute, does }: Step, file: LogOfCluster, i: number): Change {
  const name = `o${object}`;
  const at = BEGIN + minute * MINUTE;
  const content = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  const named = { group: '', resource: 'namespaces', namespace: '', name };
  const told = {
    shows: { ...named, what: 'present', uid: `${file.cluster}/${name}`, content },
    claims: { ...named, what: 'doubtful', uid: `${1 - file.cluster}/${name}`, doubt: DOUBT },
    'hands on': { ...named, ...OF_CALICO, what: 'present', uid: name, content },
  }[does];
  const eventId = `${requestOf(file.cluster, object)}.${i}.0.update.x`;
  const place = { id: eventId, eventId, origin: { source: file.source, position: i + 1 } };
  return { ...told, resourceVersion: String(i + 1), at, receivedAt: at, ...place } as Change;
}

const DOUBT = { reason: OUTCOME_UNKNOWN, may: 'be-anything', message: 'nobody knows' };
const OF_CALICO = { group: 'projectcalico.org', resource: 'globalnetworkpolicies' };

/** The audit ID, which both API servers log. */
const requestOf = (cluster: number, object: number): string =>
  `${String(cluster).repeat(8)}-0000-4000-8000-${String(object).padStart(12, '0')}`;

/** The files that nothing ties to one of them: no object that both show, and no request that was handed on, or others between, and no rotation. */
export function notTiedTo(first: string, told: readonly ToldByLog[]): string[] {
  const namesOf = ({ file, change }: ToldByLog): string[] => [
    file.source,
    ...(file.goesOnFrom === undefined ? [] : [file.goesOnFrom]),
    ...(change.what !== 'present' ? [] : change.group === '' ? [change.uid!] : [change.eventId.slice(0, 36)]),
  ];
  const tied = new Set([first]);
  for (let size = 0; size < tied.size;) {
    size = tied.size;
    for (const one of told)
      if (namesOf(one).some((name) => tied.has(name))) for (const name of namesOf(one)) tied.add(name);
  }
  return [...new Set(told.map(({ file }) => file.source))].filter((source) => !tied.has(source)).sort();
}
