import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbedded, type Stores } from '@margay/storage';
import type { Command } from 'commander';
import { onTestFinished } from 'vitest';

/** A data folder of the test's own, for commands that somebody says something by. */
export function ownDataFolder() {
  const data = mkdtempSync(join(tmpdir(), 'margay-data-'));
  onTestFinished(() => rmSync(data, { recursive: true }));
  return {
    async inStores<T>(work: (stores: Stores) => Promise<T>): Promise<T> {
      const stores = openEmbedded(data);
      try {
        return await work(stores);
      } finally {
        await stores.close();
      }
    },
    /** Has ann say so by a command. */
    say: (command: Command, because: string, ...args: readonly string[]) =>
      command
        .exitOverride()
        .configureOutput({ writeErr: () => undefined })
        .parseAsync(['--by', 'ann', '--because', because, '--data', data, ...args], { from: 'user' }),
  };
}
