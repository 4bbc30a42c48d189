import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doubtsFor, evidenceFor, type CoverageMark } from '@margay/coverage';
import { HOUR, kindOf, MINUTE, SECOND } from '@margay/ground';
import { memoryHistory } from '@margay/history';
import { Proof } from '@margay/kubernetes';
import { FakeApiServer } from '@margay/kubernetes/testing';
import { silentLog } from '@margay/runtime';
import { expect, onTestFinished, test, vi } from 'vitest';
import { knownIn, type KnownObjects } from './known-objects.ts';
import { tellWatched } from './tell-watched.ts';
import { watchKind } from './watch-kind.ts';

const HOURS = 30 * 24;
const PODS = {
  kind: kindOf({ group: '', resource: 'pods' })!,
  resource: { group: '', version: 'v1', resource: 'pods', namespaced: true },
};
const SHOP = '/api/v1/namespaces/shop/pods';

/** A month in which the watch is begun anew every hour, in which a pod changes while nobody watches. */
async function month(hours: number, expiresAt?: number) {
  const fake = await FakeApiServer.start();
  const folder = mkdtempSync(join(tmpdir(), 'month-'));
  const client = fake.client();
  onTestFinished(async () => {
    client.close();
    await fake.stop();
    rmSync(folder, { recursive: true });
  });
  const stored = new Map<string, CoverageMark>();
  const history = memoryHistory();
  let now = 0;
  let known: KnownObjects | undefined;
  for (const name of ['a', 'b']) fake.put(SHOP, name, { labels: { app: name } });
  for (let hour = 0; hour < hours; hour++) {
    now = hour * HOUR + 10 * SECOND;
    // A new process, under a new name, each day; its watch is begun anew each hour.
    if (hour % 24 === 0) {
      known?.close();
      known = knownIn(folder)(`pod-${hour}`);
    }
    if (known === undefined) break;
    const stop = new AbortController();
    let told = -1;
    const deliver = tellWatched(
      known.watcher,
      async ({ mark, changes }) => {
        history.add(changes);
        // As stores keep them: of one from the same place the one that says more.
        stored.set(`${mark.source} ${mark.from}`, mark);
        told = Math.max(told, ...mark.buckets.map(({ last }) => last));
      },
      () => now,
    );
    const watching = watchKind(PODS, {
      client,
      known,
      tell: deliver,
      log: silentLog,
      proof: new Proof(),
      now: () => now,
      signal: stop.signal,
      resume: known.resume('watch/pods'),
      onMissing: () => undefined,
    });
    // It has told what happened meanwhile.
    await vi.waitUntil(() => fake.watchers > 0 && told >= now, { interval: 1, timeout: 30_000 });
    for (const minute of [59]) {
      now = hour * HOUR + minute * MINUTE;
      fake.bookmark();
      await vi.waitUntil(() => told >= now - SECOND, { interval: 1, timeout: 30_000 });
    }
    stop.abort();
    await watching;
    await vi.waitUntil(() => fake.watchers === 0, { interval: 1, timeout: 30_000 });
    now = hour * HOUR + 59 * MINUTE + 30 * SECOND;
    fake.put(SHOP, 'a', { labels: { app: `a${hour}` } });
    if (hour === expiresAt) fake.compact();
  }
  known?.close();
  return { marks: [...stored.values()], history };
}

test('a month of hourly restarts is proven throughout, as one source, with a mark an hour', async () => {
  const { marks } = await month(HOURS);
  const window = { start: MINUTE, end: (HOURS - 1) * HOUR };
  expect(evidenceFor(marks, [], window, { birth: 0 })).toMatchObject({
    grade: 'proven',
    complete: true,
    gaps: [],
    sources: [
      { source: expect.stringMatching(/^watch\/pods@pod-0-[0-9a-f]{6}$/), grade: 'proven', gaps: [] },
    ],
  });
  expect(marks.length).toBeLessThanOrEqual(HOURS);
}, 120_000);

test('where the API server had forgotten what happened in one of them, the objects that a list shows to be written are in doubt', async () => {
  const { marks, history } = await month(25, 20);
  const lost = { start: 20 * HOUR + 59 * MINUTE, end: 21 * HOUR + SECOND };
  const isOpen = history
    .versions()
    .filter(
      ({ doubt, validFrom, validTo = Infinity }) =>
        doubt !== undefined && validFrom < lost.end && lost.start < validTo,
    );
  expect(isOpen.map(({ name }) => name)).toEqual(['a']);
  expect(doubtsFor(marks, lost, { birth: 0 })).toMatchObject([
    { about: { group: '', resource: 'pods' }, reason: 'watch', sparesSeen: true },
  ]);
  expect(evidenceFor(marks, [], { start: 22 * HOUR, end: 24 * HOUR }, { birth: 0 })).toMatchObject({
    grade: 'proven',
    complete: true,
  });
}, 120_000);
