import { DatabaseSync } from 'node:sqlite';
import { databaseIn } from '@margay/storage';
import { expect, test } from 'vitest';
import { margay, ownFolder, startUp, stopped } from './testing/margay.ts';
import { sealed } from './testing/sealed.ts';

/** What somebody who may write to the data folder does to the report of a type while nothing runs. */
const headerOf = (store: DatabaseSync, type: string) =>
  store.prepare('SELECT id, header FROM headers WHERE report_type = ?').get(type) as {
    readonly id: string;
    readonly header: string;
  };
function forgeNumbers(store: DatabaseSync): string {
  const { id, header } = headerOf(store, 'inventory');
  const changed = JSON.parse(header.replaceAll('174', '777')) as Record<string, unknown>;
  store.prepare('UPDATE headers SET header = ? WHERE id = ?').run(JSON.stringify(sealed(changed)), id);
  return id;
}
function changeRows(store: DatabaseSync): string {
  const { id } = headerOf(store, 'network-access');
  store.prepare("UPDATE parts SET body = body || ' ' WHERE report_id = ?").run(id);
  return id;
}
function removeReport(store: DatabaseSync): string {
  const { id } = headerOf(store, 'policy-audit');
  store.prepare('DELETE FROM headers WHERE id = ?').run(id);
  return id;
}

test('margay up names each report that is not what was archived, prints nothing of it, and serves the others', async () => {
  const folder = ownFolder();
  const first = await startUp(['--data', folder]);
  expect(first.child.said()).toContain('174');
  await stopped(first.child);
  const store = new DatabaseSync(databaseIn(folder));
  const forged = forgeNumbers(store);
  const [changed, removed] = [changeRows(store), removeReport(store)];
  store.close();

  const { child, url } = await startUp(['--data', folder]);
  const said = child.said();
  expect(said).not.toMatch(/\b777\b/); // the forged number: digests have these digits too
  expect(said).toContain(
    `inventory (inventory)  ${forged}\n  Nothing of it is shown: The report of run ${forged} was changed`,
  );
  expect(said).toContain(`Nothing of it is shown: Part 0 of report ${changed} was changed`);
  expect(said).toMatch(
    new RegExp(`\\(policy-audit\\) {2}${removed}\n {2}Nothing of it is shown: .* somebody removed it`),
  );
  expect(said).toMatch(/protection-audit \(protection-audit\) {2}\d.*\n(.*\n)* {2}Evidence: /);
  const listed = margay(['runs', '--api', url]).out;
  expect(listed).toMatch(new RegExp(`${forged} .*CHANGED in the archive`));
  expect(listed).toMatch(new RegExp(`${removed} .*NOT IN THE ARCHIVE any more`));
  await stopped(child);
  expect(child.exitCode).toBe(0);
}, 120_000);
