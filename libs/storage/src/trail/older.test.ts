import { openDatabase, snapshotsOf } from '@margay/sqlite';
import { expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect } from '../testing/collect.ts';
import { embeddedTrail, TRAIL_OUTCOME, TRAIL_TABLES } from './embedded.ts';

test('events that an older release kept are done or refused, as it said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'margay-trail-'));
  const path = join(folder, 'margay.db');
  const older = openDatabase(path, { migrations: [TRAIL_TABLES] });
  for (const [id, refused] of [
    ['a', 0],
    ['b', 1],
  ] as const) {
    older
      .sql(
        `INSERT INTO trail (event_id, at, "group", resource, namespace, name, verb, refused, event)
         VALUES (?, 10, 'networking.k8s.io', 'networkpolicies', 'shop', 'web', 'update', ?, '{}')`,
      )
      .run(id, refused);
  }
  older.close();
  const database = openDatabase(path, { migrations: [TRAIL_TABLES, TRAIL_OUTCOME] });
  const events = await collect(
    embeddedTrail(database, snapshotsOf(database)).between({ start: 0, end: 100 }),
  );
  expect(events.map(({ eventId, outcome }) => [eventId, outcome])).toEqual([
    ['a', 'done'],
    ['b', 'refused'],
  ]);
  database.close();
  rmSync(folder, { recursive: true });
});
