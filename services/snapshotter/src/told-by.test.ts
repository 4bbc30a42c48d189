import { CLUSTER_UID_HEADER, TELLER_HEADER, type ResourceChange } from '@margay/contracts';
import { openSources, tellerOf, whoseOf } from '@margay/coverage';
import { baselineOf, FIRST_OBJECT, readLine, type Change } from '@margay/history';
import { SomeUnprocessable, type Delivery } from '@margay/messaging';
import { cellOver, openEmbedded } from '@margay/storage';
import { expect, onTestFinished, test } from 'vitest';
import { Identities } from './identities.ts';

const UID = 'a4b6c8d0-0000-4000-8000-000000000001';
const REQUEST = '1b4e28ba-2fa1-4d5e-883f-0016d3cca427';
const AT = '2026-11-24T00:00:00.000000Z';
const POLICIES = { group: 'networking.k8s.io', resource: 'networkpolicies' };
const WEB = { ...POLICIES, namespace: 'shop', name: 'web' };

interface Message {
  /** A log, or `watch`. */
  readonly by: string;
  /** Of which cluster its ingestor says that it is. */
  readonly says?: string;
  readonly changes: readonly Change[];
}

const watchOf = (changes: readonly Change[], more: Partial<Message> = {}): Message => ({
  by: 'watch',
  changes,
  ...more,
});

/** What an event of a log at level Metadata says, of a write that names our object's uid. */
const metadata = (by: string, fields: object): Message => {
  const event = {
    level: 'Metadata',
    auditID: JSON.stringify([by, fields]),
    stage: 'ResponseComplete',
    verb: 'update',
    objectRef: {
      apiGroup: WEB.group,
      apiVersion: 'v1',
      resource: WEB.resource,
      namespace: 'shop',
      name: 'web',
      uid: UID,
    },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: AT,
    stageTimestamp: AT,
    ...fields,
  };
  const readings = [...readLine(JSON.stringify(event), { source: by, position: 1 })];
  return { by, changes: readings.flatMap(({ changes }) => changes ?? []) };
};
const PUT = {};

const shown = (key: Partial<Change>, uid: string, more: Partial<Change> = {}): Change => ({
  ...WEB,
  id: `${key.name} ${uid}`,
  eventId: `${key.name} ${uid}`,
  what: 'present',
  uid,
  resourceVersion: '7',
  content: { apiVersion: 'v1', kind: 'X', metadata: { name: 'x' } },
  at: 1,
  receivedAt: 1,
  origin: { source: 'watch/x', position: 1 },
  ...key,
  ...more,
});
const ours = shown(WEB, UID);
const first = (uid: string): Change => shown({ ...FIRST_OBJECT, id: `first ${uid}` }, uid);

/** The end that follows from a list of another cluster that does not show our object. */
const endByList = (): readonly Change[] => {
  const version = { ...WEB, uid: UID, resourceVersion: '7', validFrom: 1, content: ours.content! };
  const list = { kind: 'NetworkPolicyList', apiVersion: 'networking.k8s.io/v1', items: [] };
  const options = { source: 'baseline list.json', at: 10, listed: ['networkpolicies'], versions: [version] };
  return baselineOf([list], options).changes;
};
/** The same of a watch that lists anew, see `changesFromWatch`. */
const endByWatch = (): readonly Change[] => {
  const { resourceVersion: _, content: __, ...named } = shown(WEB, UID, { id: 'gone', eventId: 'gone' });
  return [{ ...named, what: 'gone', uidShown: false }];
};
/** A request that Calico's API server carried out, as its log tells of it. */
const handedOn = (id: string): Change => {
  const key = { group: 'projectcalico.org', resource: 'globalnetworkpolicies', namespace: '', name: 'all' };
  return shown(key, UID, { id, eventId: `${REQUEST}.${id}.0.create.x` });
};

/** Tells batches one after the other. @returns whose is open then, and the ids of the changes that were set aside. */
async function toldAll(messages: readonly Message[]) {
  const stores = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  let now = Date.parse('2026-11-25T00:00:00Z');
  const identities = new Identities(cellOver(new Map([['one', stores]])), () => now);
  const aside: string[] = [];
  for (const { by, says, changes } of messages) {
    now += 60_000;
    const headers = {
      [TELLER_HEADER]: tellerOf('r', by),
      ...(says !== undefined && { [CLUSTER_UID_HEADER]: says }),
    };
    const some = changes.map((change) => ({ cluster: 'one', ...change }) as ResourceChange);
    const deliveries = some.map((_, j) => ({ publishedAt: now + j, headers }) as unknown as Delivery);
    try {
      await identities.check(some, deliveries);
      await stores.history.append(some, () => now * 1_000);
    } catch (error) {
      if (!(error instanceof SomeUnprocessable)) throw error;
      aside.push(...[...error.errors.keys()].map((i) => some[i]!.id));
    }
  }
  return { open: openSources(whoseOf(await stores.tellers.facts())), aside };
}

test.each<[string, readonly Message[], readonly string[]]>([
  ['a watch, and then a log at level Metadata', [watchOf([ours]), metadata('meta.log', PUT)], []],
  ['a log at level Metadata, and then a watch', [metadata('meta.log', PUT), watchOf([ours])], []],
  ['two logs at level Metadata', [metadata('a.log', PUT), metadata('b.log', PUT)], []],
  [
    'two logs at level Metadata and a watch, of which the last tells one',
    [metadata('a.log', PUT), metadata('b.log', { ...PUT, auditID: 'x' }), watchOf([ours])],
    [],
  ],
])('an update that its API server held to a uid shows whose it is: %s', async (_, messages, open) => {
  expect(await toldAll(messages)).toEqual({ open, aside: [] });
});

test.each<[string, object]>([
  ['creates them', { verb: 'create', responseStatus: { code: 201 } }],
  ['creates them by an update', { responseStatus: { code: 201 } }],
  ['patches its own', { verb: 'patch' }],
  ['is refused an update of its own', { responseStatus: { code: 409 } }],
  ['is not answered', { responseStatus: { code: 504 } }],
  [
    'has to do with a request that was cut off',
    { responseStatus: { code: 200, message: 'Connection closed early' } },
  ],
])('the log of another cluster stays unknown where a client with manifests of ours %s', async (_, fields) => {
  const full = { level: 'Request', requestObject: { metadata: { uid: UID } } };
  const own = { by: 'b.log', changes: [shown({ ...WEB, name: 'theirs' }, 'theirs')] };
  const other = [own, metadata('b.log', fields), metadata('b.log', { ...full, ...fields })];
  for (const first of [watchOf([ours]), metadata('meta.log', PUT)])
    expect((await toldAll([first, ...other])).open).toHaveLength(1);
});

test.each([
  ['a list that somebody gives', endByList()],
  ['a watch', endByWatch()],
])('that %s does not show our objects is no word of whose it is', async (_, ends) => {
  expect(ends).toMatchObject([{ what: 'gone', uid: UID }]);
  const told = await toldAll([
    { by: 'audit.log', changes: [ours] },
    { by: 'other', changes: ends },
  ]);
  expect(told).toMatchObject({ open: [ends[0]!.origin.source], aside: [] });
});

test('a watch that was turned to another cluster is not kept again since its next list does not show our objects', async () => {
  const messages = [[first('aaaa'), ours], [first('bbbb')], endByWatch(), [shown(WEB, 'theirs')]];
  expect((await toldAll(messages.map((changes) => watchOf(changes)))).aside).toEqual([
    'first bbbb',
    'gone',
    'web theirs',
  ]);
});

test('who turned to another cluster is not kept again by a request of which he alone told', async () => {
  const log = (change: Change): Message => ({ by: 'calico.log', changes: [change] });
  const turned = [first('aaaa'), handedOn('one'), first('bbbb'), handedOn('again')].map(log);
  expect((await toldAll(turned)).aside).toEqual(['first bbbb', 'again']);
  // What another one of the cluster told of before shows it.
  const byOther = { by: 'audit.log', changes: [first('aaaa'), handedOn('passed')] };
  expect((await toldAll([byOther, ...turned])).aside).toEqual(['first bbbb']);
});

test('nor by what he told himself in the same batch', async () => {
  const again = { ...ours, id: 'again', eventId: 'again' };
  const batches = [[first('aaaa')], [ours, first('bbbb'), again]];
  const told = await toldAll(batches.map((changes) => ({ by: 'audit.log', changes })));
  expect(told.aside).toEqual(['first bbbb', 'again']);
});
