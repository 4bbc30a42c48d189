import type { Window } from '@margay/ground';
import { margay } from '../../testing/margay.ts';
import type { Flags } from './truth.ts';

/** What the tests read of a `report.json`. */
export interface Said {
  readonly endpoints: readonly SaidRow[];
  readonly namespaces: readonly SaidRow[];
  readonly auditEvents: readonly SaidEvent[];
  readonly unsettledPolicyWrites: readonly SaidEvent[];
  readonly evidence: {
    readonly sources: {
      readonly complete: boolean;
      readonly grade: string;
      readonly reasons: readonly string[];
    };
    readonly doubts: { readonly total: number; readonly listed: readonly SaidDoubt[] };
    readonly notes: readonly string[];
  };
}

export interface SaidDoubt {
  readonly id: string;
  readonly about: string;
  readonly since?: string;
  readonly until?: string;
  readonly reason: string;
  readonly source: string;
  readonly message: string;
}

interface SaidEvent {
  readonly auditID: string;
  readonly verb: string;
  readonly objectRef?: { readonly namespace?: string; readonly name?: string };
}

type SaidRow = { readonly notKnown: readonly string[] } & Readonly<Record<string, unknown>>;

/** A report of the product's own command. */
export function report(
  type: string,
  logs: readonly string[],
  { start, end }: Window,
  more: readonly string[] = [],
): Said {
  const times = ['--start', timeText(start), '--end', timeText(end)];
  const { code, out, err } = margay(['report', '--type', type, '--audit-log', ...logs, ...times, ...more]);
  if (code !== 0) throw new Error(`margay report ended with ${code}: ${err}`);
  return JSON.parse(out) as Said;
}

export const timeText = (instant: number): string =>
  `${new Date(Math.floor(instant / 1_000)).toISOString().slice(0, -1)}${String(instant % 1_000).padStart(3, '0')}Z`;

/** Everything that a report says for sure and that is not so; and rows that it lacks although no doubt is about them. */
export function untruths(said: Said, truth: ReadonlyMap<string, Flags>): string[] {
  const problems: string[] = [];
  const rows = new Map(
    [...said.endpoints, ...said.namespaces].map((row) => [
      String('endpoint' in row ? row['endpoint'] : row['namespace']),
      row,
    ]),
  );
  for (const [name, flags] of truth) {
    const row = rows.get(name);
    if (row === undefined) {
      if (!mayLack(said, name)) problems.push(`${name} is missing`);
      continue;
    }
    for (const [flag, is] of Object.entries(flags)) {
      if (flag in row && !row.notKnown.includes(flag) && row[flag] !== is)
        problems.push(`${name} ${flag} is said to be ${String(row[flag])}, right is ${is}`);
    }
  }
  for (const [name, row] of rows) {
    if (truth.has(name)) continue;
    const sure = Object.keys(row).filter(
      (flag) => typeof row[flag] === 'boolean' && !row.notKnown.includes(flag),
    );
    // Nobody asks the watch about sidecars.
    if (sure.some((flag) => flag !== 'envoyEnabled'))
      problems.push(`${name} is no row, and ${sure.join()} are said`);
  }
  return problems;
}

/** Whether the report says that there may be such a row. */
function mayLack(said: Said, name: string): boolean {
  const namespace = /\(([^/)]*)/.exec(name)?.[1] ?? '';
  return said.evidence.doubts.listed.some(({ about }) =>
    ['everything', 'pods', `pods in ${namespace}`, name].includes(about),
  );
}
