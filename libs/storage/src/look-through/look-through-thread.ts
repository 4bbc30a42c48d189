import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { damageIn } from '@margay/sqlite';
import type { Damage, LookedAt } from './look-through.ts';

/** A table at a time: between two of them the write-ahead log can be emptied, which a reader keeps from it. */
const connection = new DatabaseSync(workerData as string, { readOnly: true, timeout: 10_000 });
const tell = (news: LookedAt | Damage): void => parentPort!.postMessage(news);
try {
  const tables = connection
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
    .all() as unknown as readonly { readonly name: string }[];
  for (const [done, { name }] of tables.entries()) {
    tell({ done, of: tables.length });
    const damage = damageIn(connection, `quick_check("${name.replaceAll('"', '""')}")`);
    if (damage !== undefined) tell({ damage });
  }
  tell({ done: tables.length, of: tables.length });
} finally {
  connection.close();
}
