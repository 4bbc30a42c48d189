import type { Stores } from '../../stores.ts';
import { collect } from '../collect.ts';

/** The instant at which what is kept begins. */
export const BEGUN = 1_795_479_500_000_000;

/** A policy that was changed once. */
export const WEB = {
  group: 'networking.k8s.io',
  resource: 'networkpolicies',
  namespace: 'shop',
  name: 'web',
} as const;

/** What the version before clusters were told apart read of its own data, asked as it asked. */
export async function readAsBefore({ history, flows, coverage, archive, ledger, windows }: Stores) {
  return {
    span: await history.span(),
    web: await history.changesOf(WEB),
    marks: await coverage.marks(),
    contacts: await collect(flows.between({ start: BEGUN, end: BEGUN + 100 })),
    headers: (await archive.headers()).headers,
    rows: await archive.part('daily-1', 0),
    head: await ledger.head(),
    entries: (await ledger.entries(0, (await ledger.head())?.size ?? 0)).map((each) =>
      Buffer.from(each).toString('utf8'),
    ),
    windows: await windows.list({}),
  };
}
