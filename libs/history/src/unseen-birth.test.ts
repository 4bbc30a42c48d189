import { formatInstant, parseInstant, type Fields } from '@margay/ground';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { foldOn, foldWhole } from './key-fold.ts';
import { memoryHistory } from './memory.ts';
import { readEvent } from './read-event.ts';
import { changesIn } from './reading.ts';
import { event, podEvent, policy } from './testing/events.ts';

/*
 * An object that says when it was made, and whose creation is in no log, was there since then, nobody knows as what: also in windows
 * that were over when it was first seen.
 */
const MADE = '2026-11-24T01:00:05Z';
const at = (seconds: number) => `2026-11-24T01:00:${String(seconds).padStart(2, '0')}.500000Z`;

const write = (verb: string, seconds: number, fields: Fields = {}, made = MADE): Fields =>
  event({
    verb,
    auditID: `${verb}-${seconds}`,
    requestReceivedTimestamp: at(seconds),
    stageTimestamp: at(seconds),
    responseStatus: { code: verb === 'create' ? 201 : 200 },
    responseObject: policy({ creationTimestamp: made, resourceVersion: String(100 + seconds) }),
    ...fields,
  });

const read = (events: readonly Fields[]): Change[] =>
  events.flatMap((one, position) => [...changesIn(readEvent(one, { source: 'log', position }))]);

function spans(events: readonly Fields[]): string[] {
  const history = memoryHistory();
  history.add(read(events));
  return history.versions().map(({ validFrom, validTo, doubt }) => {
    const to = validTo === undefined ? '' : formatInstant(validTo).slice(17, 19);
    return `${formatInstant(validFrom).slice(17, 19)}-${to} ${doubt?.reason ?? 'known'}`;
  });
}

test.each<[string, Fields[], string[]]>([
  ['an update', [write('update', 30)], ['05-30 first-seen-in-mid-life', '30- known']],
  [
    'a patch, and another',
    [write('patch', 30), write('patch', 40)],
    ['05-30 first-seen-in-mid-life', '30- known'],
  ],
  ['its creation', [write('create', 5), write('update', 30)], ['05- known']],
  [
    'its creation, told without a body',
    [write('create', 5, { responseObject: undefined, level: 'Metadata' }), write('update', 30)],
    ['05-30 no-content', '30- known'],
  ],
  [
    'an update, after another one of the name that ended meanwhile, which nothing tells',
    [
      write('create', 1, {
        responseObject: policy({ uid: 'u0', resourceVersion: '7', creationTimestamp: at(1) }),
      }),
      write('update', 30, {}, at(2)),
    ],
    ['01-30 end-missed', '30- known'],
  ],
])('of a policy that %s shows first', (_, events, expected) => {
  expect(spans(events)).toEqual(expected);
});

test('of pods, which are written all the time, it is not kept', () => {
  expect(read([podEvent({ verb: 'update' })])).toHaveLength(1);
});

test('changes that come one after the other give what all of them give', () => {
  for (const first of ['create', 'update']) {
    const batches = [write(first, 10), write('update', 20), write('update', 30), write('patch', 40)].map(
      (one) => read([one]),
    );
    let { tail, versions } = foldWhole(batches[0] ?? []);
    const seen = [...(batches[0] ?? [])];
    let folded = 0;
    for (const batch of batches.slice(1)) {
      seen.push(...batch);
      const next = foldOn(tail, batch);
      if (next === undefined) folded++;
      const now = next ? [...versions.slice(0, -1), ...next.versions] : foldWhole(seen).versions;
      tail = next?.tail ?? foldWhole(seen).tail;
      versions = now;
      expect(now).toEqual(foldWhole(seen).versions);
      expect(tail).toEqual(foldWhole(seen).tail);
    }
    // Once that it is told when it was made, no update costs more than itself.
    expect(folded).toBeLessThanOrEqual(1);
  }
});

test('what is known of it begins when it says that it was made', () => {
  const history = memoryHistory();
  history.add(read([write('update', 30)]));
  expect(history.versions()[0]).toMatchObject({
    validFrom: parseInstant(MADE),
    doubt: { may: 'differ', since: parseInstant(MADE) },
  });
});
