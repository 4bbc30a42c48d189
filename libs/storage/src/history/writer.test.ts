import { foldWhole, type Change } from '@margay/history';
import { openDatabase, snapshotsOf } from '@margay/sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { collect } from '../testing/collect.ts';
import { embeddedHistory } from './embedded.ts';
import { ARRIVAL_EVENTS, ARRIVAL_KEYS, ARRIVAL_TABLES } from '../arrivals/embedded.ts';
import { WINDOW_TABLES } from '../windows/embedded.ts';
import {
  HISTORY_DOUBTS,
  HISTORY_FOLDS,
  HISTORY_PUBLISHED,
  HISTORY_RESTORES,
  HISTORY_TABLES,
} from './tables.ts';
import { HistoryWriter } from './writer.ts';

/** Any fact about one of three objects of one name, mostly but not always later than those before. */
const fact = fc.record({
  uid: fc.constantFrom('aaaaaaaa-1', 'bbbbbbbb-1', 'cccccccc-1', undefined),
  gone: fc.constantFrom(true, false, false, false),
  shown: fc.boolean(),
  later: fc.constantFrom(3, 3, 3, 1, 0, -5),
  newer: fc.constantFrom(1, 1, 1, 1, 0, -2),
  asked: fc.constantFrom(0, 1, 4),
  label: fc.constantFrom('x', 'y'),
  created: fc.boolean(),
  generation: fc.constantFrom(undefined, 1, 1, 2, 2, 3),
});
const facts = fc.array(fact, { maxLength: 10 }).map((told): Change[] => {
  let at = 100;
  let resourceVersion = 100;
  return told.map(({ uid, gone, shown, later, newer, asked, label, created, generation }, i) => {
    at += later;
    resourceVersion += newer;
    const isEnd = gone || uid === undefined;
    return {
      id: `${i}`,
      eventId: `${i}`,
      what: isEnd ? 'gone' : 'present',
      group: '',
      resource: 'pods',
      namespace: 'n',
      name: 'p',
      ...(!isEnd && generation !== undefined && { generation }),
      ...(uid !== undefined && { uid }),
      at,
      receivedAt: at - asked,
      ...((!isEnd || (shown && uid !== undefined)) && {
        content: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', labels: { label } } },
      }),
      ...(!isEnd && { resourceVersion: String(resourceVersion) }),
      ...(!isEnd && created && { created }),
      origin: { source: 'audit.log', position: i },
    };
  });
});

test('a writer that finds everything in its tables goes on as one that remembers it', async () => {
  await fc.assert(
    fc.asyncProperty(facts, async (changes) => {
      const database = openDatabase(':memory:', {
        migrations: [
          HISTORY_TABLES,
          HISTORY_DOUBTS,
          HISTORY_RESTORES,
          HISTORY_FOLDS,
          HISTORY_PUBLISHED,
          WINDOW_TABLES,
          ARRIVAL_TABLES,
          ARRIVAL_EVENTS,
          ARRIVAL_KEYS,
        ],
      });
      for (const change of changes) new HistoryWriter(database).append([change]);
      const history = embeddedHistory(database, snapshotsOf(database));
      expect(await collect(history.versions({ start: 0, end: 2 ** 52 }))).toEqual(
        foldWhole(changes).versions,
      );
      database.close();
    }),
    { numRuns: 500 },
  );
});
