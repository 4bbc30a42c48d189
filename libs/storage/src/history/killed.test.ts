import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEmbedded } from '../embedded.ts';
import { namespaces, random, story } from '../testing/changes.ts';
import { collect } from '../testing/collect.ts';
import { expectedVersions } from './history.contract.ts';

const EVER = { start: 0, end: 2 ** 52 };
const STORY = { seed: 11, changes: 8_000, keys: 60 };
const KILLS = 4;

describe('a process that is killed while it appends', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'margay-killed-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test('leaves what a clean run leaves, once everything is delivered again', async () => {
    const next = random(4);
    let killed = 0;
    for (let i = 0; i < KILLS; i++) {
      const child = fork(
        join(import.meta.dirname, '../testing/append-forever.ts'),
        [folder, String(STORY.seed), String(STORY.changes), String(STORY.keys)],
        { execArgv: [] },
      );
      // Awaited from the start: a process that is done before it is killed has closed already.
      const closed = once(child, 'close') as Promise<[number | null, string | null]>;
      await Promise.race([once(child, 'message'), closed]);
      await new Promise((wake) => setTimeout(wake, 20 + next() * 250));
      child.kill('SIGKILL');
      const [, signal] = await closed;
      if (signal === 'SIGKILL') killed++;
    }
    expect(killed).toBeGreaterThan(0);

    const told = [...namespaces(), ...story(STORY)];
    const stores = openEmbedded(folder);
    const { applied, repeated } = await stores.history.append(told);
    expect(repeated).toBe(0);
    // Some of it was kept by the processes that were killed, else the test shows nothing.
    expect(applied).toBeLessThan(told.length);
    expect(await collect(stores.history.versions(EVER))).toEqual(expectedVersions(told));
    await stores.close();
  });
});
