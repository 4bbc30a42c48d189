import type { Report } from '@margay/reports';
import type { Stores } from '@margay/storage';
import { expect } from 'vitest';
import { rowsOfReports } from './installation.ts';

/** A message that nobody can read may have said anything: all that was told is there, what may be otherwise is open, and the evidence says so. */
export async function expectOpen(stores: Stores, truth: Readonly<Record<string, unknown[]>>): Promise<void> {
  const said = await rowsOfReports(stores);
  expect(said['policy-audit']).toEqual(truth['policy-audit']);
  for (const type of ['inventory', 'network-access']) {
    const rows = endpointsIn(said[type]!);
    for (const { endpoint } of endpointsIn(truth[type]!)) {
      const row = rows.find((one) => one.endpoint === endpoint);
      const flags = Object.keys(row ?? {}).filter((field) =>
        /^(in|e)gress(Protected|From|ToI|ToO)/.test(field),
      );
      expect({ type, endpoint, flags: flags.length }).toEqual({ type, endpoint, flags: 6 });
      expect(row).toMatchObject({ notKnown: expect.arrayContaining(flags) as string[] });
    }
  }
  for (const { reportType, content } of (await stores.archive.headers()).headers) {
    const { sources, doubts } = (content as unknown as Report).evidence;
    expect([reportType, sources?.complete]).toEqual([reportType, false]);
    const lost = expect.stringContaining('A message that cannot be used was set aside') as string;
    expect(doubts.listed).toContainEqual(expect.objectContaining({ about: 'everything', message: lost }));
  }
}

const endpointsIn = (rows: readonly unknown[]) =>
  rows.filter(
    (row): row is { endpoint: string } => typeof (row as { endpoint?: unknown }).endpoint === 'string',
  );
