import type { Fields } from '@margay/ground';
import { expect, test } from 'vitest';
import { memoryHistory } from './memory.ts';
import { OpenRequests } from './open-requests.ts';
import { withoutRefuted } from './refuted.ts';
import { readEvent } from './read-event.ts';
import { event, failure, policy, policyReference, success } from './testing/events.ts';

const at = (second: number) => `2026-11-24T01:02:${String(second).padStart(2, '0')}.000000Z`;
const between = (from: number, to: number) => ({
  requestReceivedTimestamp: at(from),
  stageTimestamp: at(to),
});

/** Both events of one request, which was answered so many seconds later. */
const both = (second: number, fields: Fields): [received: Fields, answered: Fields] => {
  const answered = event({ auditID: `audit-${second}`, ...between(second, second + 2), ...fields });
  const { responseStatus: _, responseObject: __, ...asked } = answered;
  return [{ ...asked, stage: 'RequestReceived', stageTimestamp: at(second) }, answered];
};

const creation = both(1, { verb: 'create', responseStatus: { code: 201 } });
const update = both(5, { responseObject: policy({ resourceVersion: '8' }) });
const refused = both(10, { responseStatus: failure(409), responseObject: undefined });
const dryRun = both(15, { requestURI: '/x?dryRun=All' });
const unnamed = both(20, {
  verb: 'create',
  objectRef: policyReference({ name: undefined }),
  responseStatus: { code: 201 },
  responseObject: policy({ name: 'made', uid: 'u2', resourceVersion: '9' }),
});
const deletion = both(25, {
  verb: 'delete',
  responseObject: success({ name: 'made', uid: 'u2' }),
  objectRef: policyReference({ name: 'made' }),
});
const all = [...creation, ...update, ...refused, ...dryRun, ...unnamed, ...deletion];

/** What follows from batches of events of one source. */
const after = (...batches: readonly Fields[][]) => {
  const history = memoryHistory();
  const requests = new OpenRequests();
  for (const batch of batches)
    history.add(
      requests.tell(batch.map((one) => readEvent(one, { source: 'audit.log', position: 1 }))).changes,
    );
  return withoutRefuted(history.versions());
};
const doubts = (versions: ReturnType<typeof after>) =>
  versions.flatMap(({ name, doubt }) =>
    doubt === undefined ? [] : [`${name} ${doubt.may} ${doubt.reason}`],
  );

test('a log that has every stage says what one of the answers alone says, wherever it is cut', () => {
  const expected = after(all.filter(({ stage }) => stage === 'ResponseComplete'));
  expect(doubts(expected)).toEqual([]);
  for (let cut = 0; cut <= all.length; cut++)
    expect(after(all.slice(0, cut), all.slice(cut))).toEqual(expected);
  expect(after(...all.map((one) => [one]))).toEqual(expected);
});

test('nor does an answer that leaves open what came of it settle more than the request', () => {
  const timeout = both(30, { responseStatus: { code: 504 }, responseObject: undefined });
  const metadata = both(35, { level: 'Metadata', responseObject: undefined });
  for (const [asked, answer] of [timeout, metadata]) {
    const expected = after([...creation, answer]);
    expect(doubts(expected)).toHaveLength(1);
    expect(after([...creation, asked], [answer])).toEqual(expected);
    expect(after([...creation, asked, answer])).toEqual(expected);
  }
});

test('nor does it matter that a batch with the answer comes before one with the request', () => {
  const others = [...creation, ...update];
  expect(doubts(after(others, [refused[1]], [refused[0]]))).toEqual([]);
});

test.each([
  ['an update', update[0], ['web differ outcome-unknown']],
  ['a creation', unnamed[0], [' be-anything outcome-unknown']],
  ['a deletion', { ...deletion[0], objectRef: policyReference() }, ['web be-gone outcome-unknown']],
  ['a dry run', dryRun[0], []],
  ['a read', { ...update[0], verb: 'get' }, []],
])('a request without an answer leaves open what came of it: %s', (_, request, expected) => {
  expect(doubts(after([...creation, request]))).toEqual(expected);
});

test('until the object is seen', () => {
  expect(
    doubts(after([...creation, update[0]], both(30, { responseObject: policy({ resourceVersion: '9' }) }))),
  ).toEqual(['web differ outcome-unknown']);
  const versions = after(
    [...creation, update[0]],
    both(30, { responseObject: policy({ resourceVersion: '9' }) }),
  );
  expect(versions.at(-1)).not.toHaveProperty('doubt');
});

/** What follows where one process reads the first events and another the rest. */
const inTwo = (...processes: readonly Fields[][]) => {
  const history = memoryHistory();
  for (const [i, batch] of processes.entries()) {
    const readings = batch.map((one) => readEvent(one, { source: `hook-${i}`, position: 1 }));
    history.add(new OpenRequests().tell(readings).changes);
  }
  return withoutRefuted(history.versions());
};

const noBody = both(30, { level: 'Metadata', responseObject: undefined });
const bodyDryRun = both(35, {
  verb: 'delete',
  requestObject: { dryRun: ['All'] },
  responseObject: success(),
});
const seen = both(50, { responseObject: policy({ resourceVersion: '99' }) });

test.each([
  ['an update', update],
  ['a creation', creation],
  ['a creation without a name', unnamed],
  ['a refusal', refused],
  ['a dry run', bodyDryRun],
  ['a deletion', deletion],
])('an answer that another process read settles its request, whoever is first: %s', (_, [asked, answer]) => {
  const withoutName = { ...asked, objectRef: { ...(asked['objectRef'] as Fields), name: undefined } };
  const received = asked['verb'] === 'create' ? withoutName : asked;
  const rest = [...seen];
  const expected = doubts(inTwo([...rest, answer]));
  // What a deletion ended, of which nothing else tells, is open before.
  expect(expected).toEqual(answer === deletion[1] ? ['made be-anything never-shown'] : []);
  expect(doubts(inTwo([received, ...rest], [answer, ...rest]))).toEqual(expected);
  expect(doubts(inTwo([answer, ...rest], [received, ...rest]))).toEqual(expected);
});

test('an answer without a body leaves open what it says, and not whether there was one', () => {
  const whole = [...creation, ...update];
  expect(doubts(inTwo([...whole, noBody[0]], [...whole, noBody[1]]))).toEqual(['web differ no-content']);
});

test('a log without requests makes no answers', () => {
  const { changes } = new OpenRequests().tell(
    [creation[1], refused[1]].map((one) => readEvent(one, { source: 'hook', position: 1 })),
  );
  expect(changes.map(({ what }) => what)).toEqual(['present']);
});

test('an attempt on a policy that has no answer is one of which it is not known whether it was done', () => {
  const outcomes = (...events: readonly Fields[]) =>
    new OpenRequests()
      .tell(events.map((one) => readEvent(one, { source: 'audit.log', position: 1 })))
      .policyEvents.map(({ verb, name, outcome }) => `${verb} ${name} ${outcome}`);
  expect(outcomes(...creation, update[0], ...refused, unnamed[0], dryRun[0])).toEqual([
    'create web done',
    'update web refused',
    'update web unsettled',
    'create  unsettled',
  ]);
  expect(outcomes(...all)).not.toContainEqual(expect.stringContaining('unsettled'));
});
