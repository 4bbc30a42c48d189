import type { Comparison } from '@margay/api-contract';
import type { Table } from '../rows/tables.ts';

/** Compares the endpoints of an earlier report with those of a later one. */
export function compareEndpoints(earlier: Table, later: Table): Comparison {
  const named = ({ rows }: Table) => new Map(rows.map((row) => [String(row['endpoint']), row]));
  const [before, after] = [named(earlier), named(later)];
  const both = [...after].filter(([name]) => before.has(name));
  const turned = (field: string, to: boolean) =>
    both
      .filter(([name, row]) => row[field] === to && before.get(name)?.[field] === !to)
      .map(([name]) => name)
      .sort();
  return {
    appeared: [...after.keys()].filter((name) => !before.has(name)).sort(),
    vanished: [...before.keys()].filter((name) => !after.has(name)).sort(),
    lostIngress: turned('ingressProtected', false),
    lostEgress: turned('egressProtected', false),
    gainedIngress: turned('ingressProtected', true),
    gainedEgress: turned('egressProtected', true),
  };
}
