import { type CoverageMark, fileSource, markOf } from '@margay/coverage';
import { HOUR, type Instant, MINUTE } from '@margay/ground';
import { beforeEach, expect, test } from 'vitest';
import { ownDataFolder } from '../testing/data-folder.ts';
import { sourceRetiredCommand } from './source-retired.ts';

const START = Date.parse('2026-11-01T10:00:00Z') * 1_000;
const hourly = (source: string): CoverageMark =>
  markOf(
    source,
    0,
    61,
    Array.from({ length: 61 }, (_, position) => ({
      position,
      reading: { kind: 'ignored', at: START + position * MINUTE, reason: 'out-of-kind' },
    })),
  );
const LOG = fileSource('audit.log', '0123456789abcdef');
const SOURCES = [LOG, 'webhook:kube-1', 'watch/pods@margay-0'];

let folder: ReturnType<typeof ownDataFolder>;
beforeEach(async () => {
  folder = ownDataFolder();
  await folder.inStores(({ coverage }) => coverage.append(SOURCES.map(hourly)));
});

const run = (...args: readonly string[]) => folder.say(sourceRetiredCommand(), 'it is gone', ...args);
const facts = () => folder.inStores(({ tellers }) => tellers.facts());

test('that sources are retired is kept of each, with who said so, when and why', async () => {
  const before = Date.now() * 1_000;
  await run('audit.log', 'webhook:kube-1', '--from', '2026-11-01T12:00:00Z');
  const kept = await facts();
  const said = { what: 'retired', at: START + 2 * HOUR, by: 'ann', because: 'it is gone' };
  expect(kept).toHaveLength(2);
  expect(kept).toEqual(
    expect.arrayContaining(
      [LOG, 'webhook:kube-1'].map((source) => expect.objectContaining({ ...said, source }) as unknown),
    ),
  );
  for (const fact of kept) expect((fact as unknown as { said: Instant }).said).toBeGreaterThanOrEqual(before);
});

test('from when it is said on, unless an instant is given', async () => {
  const before = Date.now() * 1_000;
  await run('watch/pods@margay-0');
  expect((await facts())[0]).toMatchObject({ source: 'watch/pods@margay-0' });
  expect(((await facts())[0] as unknown as { at: Instant }).at).toBeGreaterThanOrEqual(before);
});

test('that it was wrong is kept beside, with who says so, when and why; then it can be retired again', async () => {
  await run('audit.log', '--from', '2026-11-01T12:00:00Z');
  await run('audit.log', '--take-back', '--because', 'it was another one');
  const [retired, taken] = (await facts()).sort((a, b) => (a.what < b.what ? -1 : 1));
  expect(retired).toMatchObject({ what: 'retired', source: LOG, because: 'it is gone' });
  expect(taken).toMatchObject({ what: 'taken-back', source: LOG, by: 'ann', because: 'it was another one' });
  await expect(run('audit.log', '--take-back')).rejects.toThrow(/^audit\.log is not retired/);
  await run('audit.log');
  expect(await facts()).toHaveLength(3);
});

test.each([
  ['one that is not retired is taken back', ['audit.log', '--take-back'], /is not retired: .*\. Nothing was/],
  [
    'it is taken back from some time on',
    ['audit.log', '--take-back', '--from', '2026-11-01T12:00:00Z'],
    /cannot be used with/,
  ],
  [
    'one of them is not known',
    ['audit.log', 'webhook:kube-2'],
    /^No source of this cluster is called webhook:kube-2\. .*watch\/pods@margay-0, webhook:kube-1\. Nothing was changed\.$/,
  ],
  ['one is named twice', ['audit.log', 'audit.log'], /^audit\.log is retired already: ann said/],
  [
    'it has told something since',
    ['audit.log', '--from', '2026-11-01T11:00:00Z'],
    /told something at 2026-11-01T11:00:00Z/,
  ],
  ['that has not come', ['audit.log', '--from', '2099-01-01T00:00:00Z'], /has not come yet/],
  ['that is no time', ['audit.log', '--from', 'today'], /RFC 3339/],
  ['it does not say why', ['audit.log', '--because', ' '], /one line of 1 to 500 characters/],
] as const)('where %s, nothing is changed', async (_, args, message) => {
  await expect(run(...args)).rejects.toThrow(message);
  expect(await facts()).toEqual([]);
});
