import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { KubernetesClient } from '../client/client.ts';
import type { ApiObject, ApiResource } from '../client/resources.ts';
import { FakeApiServer } from '../testing/fake-api-server.ts';
import type { Batch, Known, Notice } from './notices.ts';
import { fingerprintOf } from './inventory.ts';
import { Proof } from './proof.ts';
import { reflect, type ReflectOptions } from './reflect.ts';
import { StoreNews } from './store-news.ts';

const PODS: ApiResource = { group: '', version: 'v1', resource: 'pods', namespaced: true };
const SHOP = '/api/v1/namespaces/shop/pods';

const appOf = ({ metadata }: ApiObject) => ({
  uid: metadata.uid!,
  resourceVersion: metadata.resourceVersion!,
  namespace: metadata.namespace!,
  name: metadata.name,
  content: metadata.labels?.['app'] ?? '',
});

type Options = Partial<ReflectOptions<string>>;

/** A fake with pods, and a reader that is pulled notice by notice. */
async function cluster(): Promise<{ fake: FakeApiServer; read: (options?: Options) => Reader }> {
  const fake = await FakeApiServer.start();
  const client = fake.client();
  const stop = new AbortController();
  onTestFinished(async () => {
    stop.abort();
    await fake.stop();
    client.close();
  });
  return { fake, read: (options) => new Reader(client, { signal: stop.signal, ...options }) };
}

class Reader {
  readonly batches: Batch<string>[] = [];
  readonly #iterator: AsyncGenerator<Batch<string>>;

  constructor(client: KubernetesClient, options: Options) {
    this.#iterator = reflect(client, PODS, {
      project: appOf,
      retryMilliseconds: 1,
      retryMaxMilliseconds: 20,
      ...options,
    });
  }

  /** The next notices as text, until one of the given kind has come. */
  async until(what: Notice<string>['what'], count = 1): Promise<string[]> {
    const seen: string[] = [];
    let left = count;
    while (left > 0) {
      const { value, done } = await this.#iterator.next();
      if (done) throw new Error('the reader ended');
      this.batches.push(value);
      seen.push(...value.notices.map(shown));
      left -= value.notices.filter((notice) => notice.what === what).length;
    }
    return seen;
  }

  notice<W extends Notice<string>['what']>(what: W): Extract<Notice<string>, { what: W }> | undefined {
    const all = this.batches.flatMap(({ notices }) => notices);
    return all.findLast((notice): notice is Extract<Notice<string>, { what: W }> => notice.what === what);
  }

  get position() {
    return this.batches.findLast(({ position }) => position)?.position;
  }

  stop() {
    return this.#iterator.return(undefined);
  }
}

/** `+ name=app` created, `~` changed, `- ` gone, `listed 3`, `gap`, `interrupted`; `!` marks a correction. */
function shown(notice: Notice<string>): string {
  switch (notice.what) {
    case 'upserted':
      return `${notice.created ? '+' : notice.unchanged ? '=' : '~'}${notice.correction ? '!' : ''} ${notice.identity.name}=${notice.object}`;
    case 'deleted':
      return `-${notice.correction ? '!' : ''} ${notice.identity.name}`;
    case 'listed':
      return `listed ${notice.count}${notice.endsKnown ? '' : ' blindly'}`;
    case 'gap':
    case 'interrupted':
    case 'unusable':
      return notice.what;
  }
}

const app = (name: string) => ({ labels: { app: name } });

test('a list comes first, page by page, then what happens', async () => {
  const { fake, read } = await cluster();
  for (const name of ['a1', 'b1', 'c1', 'd1', 'e1']) fake.put(SHOP, name, app('web'));
  const reader = read({ pageSize: 2 });
  expect(await reader.until('listed')).toEqual([
    '~ a1=web',
    '~ b1=web',
    '~ c1=web',
    '~ d1=web',
    '~ e1=web',
    'listed 5',
  ]);
  expect(reader.batches.map(({ notices }) => notices.length)).toEqual([2, 2, 2]);
  expect(reader.batches.map(({ position }) => position?.resourceVersion)).toEqual([
    undefined,
    undefined,
    fake.version,
  ]);

  const more = reader.until('deleted');
  await expect.poll(() => fake.watchers).toBe(1);
  fake.put(SHOP, 'f1', app('db'));
  fake.put(SHOP, 'a1', app('web'));
  fake.put(SHOP, 'a1', app('api'));
  fake.delete(SHOP, 'b1');
  expect(await more).toEqual(['+ f1=db', '= a1=web', '~ a1=api', '- b1']);
  expect(reader.position?.resourceVersion).toBe(fake.version);
});

test.each(['cleanly', 'torn', 'reset'] as const)(
  'a watch that ends %s goes on where it was: nothing is lost',
  async (how) => {
    const { fake, read } = await cluster();
    fake.put(SHOP, 'a1', app('web'));
    const reader = read();
    await reader.until('listed');
    const more = reader.until('deleted');
    await expect.poll(() => fake.watchers).toBe(1);
    fake.endWatches(how);
    fake.put(SHOP, 'b1', app('db'));
    fake.delete(SHOP, 'a1');
    expect((await more).filter((notice) => notice !== 'interrupted')).toEqual(['+ b1=db', '- a1']);
    expect(reader.notice('gap')).toBeUndefined();
  },
);

test.each(['event', 'answer'] as const)(
  'a version too old (%s) makes a list, corrections and a gap',
  async (where) => {
    const { fake, read } = await cluster();
    for (const name of ['a1', 'b1', 'c1']) fake.put(SHOP, name, app('web'));
    let now = 10_000_000;
    const reader = read({ now: () => now });
    await reader.until('listed');
    const more = reader.until('gap');
    await expect.poll(() => fake.watchers).toBe(1);
    now = 20_000_000;
    // The watch hears nothing of what happens now.
    fake.fault = (_, url) => (url.searchParams.has('watch') ? { code: 503 } : undefined);
    fake.endWatches(where === 'event' ? 'expired' : 'reset');
    fake.delete(SHOP, 'a1');
    fake.put(SHOP, 'b1', app('db'));
    fake.put(SHOP, 'c1', app('web'));
    fake.put(SHOP, 'd1', app('new'));
    fake.compact();
    fake.fault = undefined;
    expect((await more).filter((notice) => notice !== 'interrupted')).toEqual([
      '~! b1=db',
      '=! c1=web',
      '~! d1=new',
      '-! a1',
      'listed 3',
      'gap',
    ]);
    expect(reader.notice('gap')).toMatchObject({
      from: 10_000_000,
      to: 20_000_000,
      reason: expect.stringContaining('too old'),
    });
    expect(reader.notice('deleted')).toMatchObject({ at: 20_000_000, notBefore: 10_000_000 });
  },
);

test('a watch that the server ends in good order has told everything, although it told nothing', async () => {
  const { fake, read } = await cluster();
  let now = 10_000_000;
  const reader = read({ now: () => now });
  await reader.until('listed');
  const more = reader.until('gap');
  await expect.poll(() => fake.watchers).toBe(1);
  now = 50_000_000;
  fake.endWatches();
  await expect.poll(() => reader.position?.at).toBe(49_000_000);
  now = 60_000_000;
  fake.put(SHOP, 'a1');
  fake.compact();
  fake.endWatches('expired');
  fake.fault = (_, url) => (url.searchParams.has('watch') ? { code: 410 } : undefined);
  await more;
  expect(reader.notice('gap')).toMatchObject({ to: 60_000_000 });
  expect(reader.notice('gap')?.from).toBeGreaterThanOrEqual(49_000_000);
});

test('bookmarks move the position although nothing happens', async () => {
  const { fake, read } = await cluster();
  const reader = read();
  await reader.until('listed');
  const more = reader.until('deleted');
  await expect.poll(() => fake.watchers).toBe(1);
  // Another resource moves the version of the whole cluster on.
  fake.put('/api/v1/namespaces/shop/secrets', 's1');
  fake.bookmark();
  await expect.poll(() => reader.position?.resourceVersion).toBe(fake.version);
  fake.compact();
  fake.endWatches();
  fake.put(SHOP, 'a1');
  fake.delete(SHOP, 'a1');
  expect(await more).toEqual(['+ a1=', '- a1']);
  expect(reader.notice('gap')).toBeUndefined();
});

test('a reader begun again goes on where the last one stopped', async () => {
  const { fake, read } = await cluster();
  for (const name of ['a1', 'b1', 'c1']) fake.put(SHOP, name, app('web'));
  const first = read();
  await first.until('listed');
  await first.stop();
  fake.delete(SHOP, 'a1');
  fake.put(SHOP, 'b1', app('db'));
  const second = read({ resume: { position: first.position! } });
  expect(await second.until('upserted')).toEqual(['- a1', '~ b1=db']);

  // It asked for the state of then, so that it can tell what goes away behind its back.
  fake.fault = (_, url) => (url.searchParams.has('watch') ? { code: 503 } : undefined);
  fake.endWatches();
  fake.delete(SHOP, 'c1');
  fake.compact();
  fake.fault = undefined;
  expect((await second.until('gap')).filter((notice) => notice !== 'interrupted')).toEqual([
    '-! c1',
    'listed 1',
    'gap',
  ]);
});

test('what a reader begun late is told may have happened since the last one stopped, all of it, until a bookmark says that it was all', async () => {
  const { fake, read } = await cluster();
  fake.put(SHOP, 'a1', app('web'));
  const position = { resourceVersion: fake.version, at: (Date.now() - 60_000) * 1_000 };
  for (const name of ['b1', 'c1', 'd1']) fake.put(SHOP, name, app('web'));
  const reader = read({ pageSize: 1, resume: { position } });
  await reader.until('upserted', 3);
  const told = reader.batches.flatMap(({ notices }) => notices);
  expect(told.map((notice) => notice.what === 'upserted' && notice.notBefore)).toEqual(
    Array(3).fill(position.at),
  );
  expect(reader.position?.at).toBe(position.at);
  fake.bookmark();
  fake.put(SHOP, 'e1', app('web'));
  await reader.until('upserted');
  expect(reader.notice('upserted')?.notBefore).toBeGreaterThan(position.at + 50_000_000);
});

test.each([
  ['with records of its own it knows what went away', true, ['~! b1=db', '-! a1', 'listed 1', 'gap']],
  ['without them it says that it cannot know', false, ['~! b1=db', 'listed 1 blindly', 'gap']],
])('begun again too late: %s', async (_, remembers, expected) => {
  const { fake, read } = await cluster();
  const known: Known[] = ['a1', 'b1'].map((name) => {
    const { metadata } = fake.put(SHOP, name, app('web'));
    return {
      uid: metadata.uid!,
      resourceVersion: metadata.resourceVersion!,
      namespace: 'shop',
      name,
      fingerprint: 'x',
    };
  });
  const position = { resourceVersion: fake.version, at: 5 };
  fake.delete(SHOP, 'a1');
  fake.put(SHOP, 'b1', app('db'));
  fake.compact();
  const reader = read({ resume: { position, ...(remembers && { known }) } });
  expect((await reader.until('gap')).filter((notice) => notice !== 'interrupted')).toEqual(expected);
  expect(reader.notice('gap')?.from).toBe(5);
});

/** How the reader comes to ask again: it ran through, its watch being ended or broken, or it was stopped meanwhile. */
const comings = ['cleanly', 'torn', 'reset', 'stopped'] as const;
/** Whether the counter of the restored store is behind the position, or has passed it. */
const counters = ['behind', 'past'] as const;

describe.each(comings)('a store that was restored from a backup, the reader %s', (how) => {
  test.each(counters)(
    'its counter %s the position: what it shows is taken up, and told to be of another store',
    async (counter) => {
      const { fake, read } = await cluster();
      for (const name of ['a1', 'b1', 'same']) fake.put(SHOP, name, app('web'));
      const reader = read();
      await reader.until('listed');
      const restore = fake.backup();
      const told = reader.until('deleted');
      await expect.poll(() => fake.watchers).toBe(1);
      fake.put(SHOP, 'a1', app('api'));
      fake.put(SHOP, 'c1', app('new'));
      fake.delete(SHOP, 'b1');
      await told;
      const lastAt = Date.now() * 1_000;
      const again = how === 'stopped' ? await resumed(reader, fake, read) : reader;
      restore();
      for (let i = 0; counter === 'past' && i < 10; i++) fake.put('/api/v1/namespaces/shop/secrets', `s${i}`);
      const more = again.until('gap');
      if (how !== 'stopped') {
        await expect.poll(() => fake.watchers).toBe(1);
        fake.endWatches(how);
      }
      expect((await more).filter((notice) => notice !== 'interrupted')).toEqual([
        '~! a1=web',
        '~! b1=web',
        '-! c1',
        'listed 3',
        'gap',
      ]);
      const gap = again.notice('gap')!;
      expect(gap).toMatchObject({
        compared: false,
        reason: expect.stringContaining('another one than before'),
      });
      expect(gap.from).toBeLessThanOrEqual(lastAt);
      expect(again.notice('listed')).toMatchObject({ isOfAnotherStore: true });
      expect(again.notice('upserted')!.notBefore).toBeGreaterThan(lastAt);
      expect(again.position?.resourceVersion).toBe(fake.version);
      // From there on it is followed as ever.
      const then = again.until('upserted');
      fake.put(SHOP, 'd1', app('db'));
      expect(await then).toEqual(['+ d1=db']);
    },
    60_000,
  );
});

/** A reader that goes on where one stopped, with all that had been told then. */
async function resumed(
  reader: Reader,
  fake: FakeApiServer,
  read: (options?: Options) => Reader,
): Promise<Reader> {
  const position = reader.position!;
  await reader.stop();
  const { items } = await fake.client().request<{ items: ApiObject[] }>('GET', SHOP);
  const known = items.map((object) => {
    const { content, ...identity } = appOf(object);
    return { ...identity, fingerprint: fingerprintOf(content) };
  });
  return read({ resume: { position, known } });
}

test('what the restored store lost, and nothing else tells, is missed by the watch: its end is not told', async () => {
  const { fake, read } = await cluster();
  fake.put(SHOP, 'a1', app('web'));
  const reader = read();
  await reader.until('listed');
  const restore = fake.backup();
  const told = reader.until('upserted');
  await expect.poll(() => fake.watchers).toBe(1);
  fake.put(SHOP, 'c1', app('new'));
  await told;
  restore();
  for (let i = 0; i < 10; i++) fake.put('/api/v1/namespaces/shop/secrets', `s${i}`);
  const more = reader.until('gap');
  fake.endWatches('reset');
  expect(await more).toEqual(['interrupted', '-! c1', 'listed 1', 'gap']);
  expect(reader.notice('gap')?.reason).toContain('shop/c1 is not there, and no watch tells of its end');
}, 60_000);

test('a store that is behind where the watch stands proves nothing: it is another one', async () => {
  const { fake, read } = await cluster();
  fake.put(SHOP, 'a1', app('web'));
  const proof = new Proof();
  const reader = read({ proof });
  await reader.until('listed');
  const restore = fake.backup();
  const told = reader.until('upserted');
  await expect.poll(() => fake.watchers).toBe(1);
  fake.put(SHOP, 'b1', app('web'));
  await told;
  restore();
  const more = reader.until('gap');
  const asked = Date.now() * 1_000;
  proof.ask(asked);
  expect(await more).toEqual(['-! b1', 'listed 1', 'gap']);
  const { from, to } = reader.notice('gap')!;
  expect(from).toBeLessThan(asked);
  expect(to).toBeGreaterThan(asked);
}, 60_000);

test('that the store is another one, which one reader finds, is told to those who find nothing of it', async () => {
  const { fake, read } = await cluster();
  const store = new StoreNews();
  const quiet = read({ store });
  fake.put(SHOP, 'a1', app('web'));
  await quiet.until('listed');
  const more = quiet.until('gap');
  await expect.poll(() => fake.watchers).toBe(1);
  store.tell('another reader says so', Date.now() * 1_000);
  expect(await more).toEqual(['listed 1', 'gap']);
  expect(quiet.notice('gap')).toMatchObject({ compared: false });
}, 60_000);

test.each(['cleanly', 'torn', 'reset', 'stopped'] as const)(
  'whatever happens in one store while the reader is away, it is taken for no other one: the reader %s',
  async (how) => {
    const { fake, read } = await cluster();
    for (const name of ['a1', 'b1', 'c1', 'd1']) fake.put(SHOP, name, app('web'));
    let reader = read({ pageSize: 2 });
    await reader.until('listed');
    fake.fault = (_, url) => (url.searchParams.has('watch') ? { code: 503 } : undefined);
    if (how === 'stopped') reader = await resumed(reader, fake, read);
    else fake.endWatches(how);
    fake.delete(SHOP, 'a1');
    fake.put(SHOP, 'b1', app('db'));
    fake.put(SHOP, 'c1', app('web'));
    fake.put(SHOP, 'e1', app('new'));
    fake.put(SHOP, 'f1', app('passing'));
    fake.delete(SHOP, 'f1');
    fake.put('/api/v1/namespaces/shop/secrets', 's1');
    fake.fault = undefined;
    expect((await reader.until('deleted', 2)).filter((notice) => notice !== 'interrupted')).toEqual([
      '- a1',
      '~ b1=db',
      '= c1=web',
      '+ e1=new',
      '+ f1=passing',
      '- f1',
    ]);
    const then = reader.until('upserted');
    fake.put(SHOP, 'g1', app('late'));
    expect((await then).at(-1)).toBe('+ g1=late');
    expect(reader.notice('gap')).toBeUndefined();
  },
  60_000,
);

type Step =
  | { readonly what: 'put' | 'delete'; readonly name: string; readonly label: string }
  | { readonly what: 'elsewhere' | 'away' }
  | { readonly what: 'end'; readonly how: 'cleanly' | 'torn' | 'reset' };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({
      what: fc.constantFrom('put' as const, 'delete' as const),
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      label: fc.constantFrom('x', 'y'),
    }),
    fc.record({ what: fc.constantFrom('elsewhere' as const, 'away' as const) }),
    fc.record({
      what: fc.constant('end' as const),
      how: fc.constantFrom('cleanly' as const, 'torn' as const, 'reset' as const),
    }),
  ),
  { minLength: 5, maxLength: 25 },
);

/** What exists by what readers were told, one after the other, each going on where the last one stopped. */
class Told {
  readonly known = new Map<string, Known>();
  readonly gaps: string[] = [];
  position: { resourceVersion: string; at: number } | undefined;
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  follow(client: KubernetesClient): void {
    const { position } = this;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    const resume = position && { resume: { position, known: [...this.known.values()] } };
    const waits = { retryMilliseconds: 1, retryMaxMilliseconds: 5, pageSize: 2 };
    const batches = reflect(client, PODS, { project: appOf, signal, ...waits, ...resume });
    this.#running = (async () => {
      for await (const batch of batches) this.#take(batch);
    })();
  }

  #take({ notices, position }: Batch<string>): void {
    for (const notice of notices) {
      if (notice.what === 'deleted') this.known.delete(notice.identity.uid);
      // Of what shows what it showed nothing is kept.
      else if (notice.what === 'upserted' && !notice.unchanged)
        this.known.set(notice.identity.uid, {
          ...notice.identity,
          fingerprint: fingerprintOf(notice.object),
        });
      else if (notice.what === 'gap') this.gaps.push(notice.reason);
    }
    this.position = position ?? this.position;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

test('one store is never taken for another one, whatever happens in it, and whenever its readers are away', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (story) => {
      const fake = await FakeApiServer.start();
      const client = fake.client();
      const told = new Told();
      const there = new Map<string, string>();
      try {
        told.follow(client);
        let isAway = false;
        for (const step of story) {
          if (step.what === 'put') {
            fake.put(SHOP, step.name, app(step.label));
            there.set(step.name, step.label);
          } else if (step.what === 'delete' && there.delete(step.name)) fake.delete(SHOP, step.name);
          else if (step.what === 'elsewhere') fake.put('/api/v1/namespaces/shop/secrets', 's1');
          else if (step.what === 'end') fake.endWatches(step.how);
          else if (step.what === 'away') {
            isAway = !isAway;
            if (isAway) await told.stop();
            else told.follow(client);
          }
          await new Promise((later) => setTimeout(later, 4));
        }
        fake.put(SHOP, 'last', app('x'));
        if (isAway) told.follow(client);
        const names = [...there.keys(), 'last'].toSorted();
        await expect
          .poll(() => [...told.known.values()].map(({ name }) => name).toSorted(), { timeout: 20_000 })
          .toEqual(names);
        expect(told.gaps).toEqual([]);
      } finally {
        await told.stop();
        client.close();
        await fake.stop();
      }
    }),
    { numRuns: 40, endOnFailure: true },
  );
}, 120_000);

test('an API server whose watches are behind its store is not taken for another store', async () => {
  const { fake, read } = await cluster();
  fake.put(SHOP, 'a1', app('web'));
  const reader = read();
  await reader.until('listed');
  let isAhead = true;
  fake.fault = (_, url) =>
    url.searchParams.has('watch') && isAhead
      ? {
          code: 504,
          body: {
            kind: 'Status',
            code: 504,
            reason: 'Timeout',
            message: 'Too large resource version: 9, current: 8',
          },
        }
      : undefined;
  const more = reader.until('upserted');
  await expect
    .poll(() => fake.requests.filter((request) => request.includes('watch')).length)
    .toBeGreaterThan(2);
  isAhead = false;
  await expect.poll(() => fake.watchers).toBe(1);
  fake.put(SHOP, 'b1', app('db'));
  expect((await more).filter((notice) => notice !== 'interrupted')).toEqual(['+ b1=db']);
}, 60_000);

test('an API server that is away, or refuses, is asked again with growing waits', async () => {
  const { fake, read } = await cluster();
  const codes = [500, 429, 403, 401, 503];
  fake.fault = () => {
    const code = codes.shift();
    return code === undefined ? undefined : { code, ...(code === 500 && { hangUp: true as const }) };
  };
  const reader = read({ random: () => 1, retryMilliseconds: 2, retryMaxMilliseconds: 20 });
  expect(await reader.until('listed')).toEqual([...Array<string>(5).fill('interrupted'), 'listed 0']);
  const waits = reader.batches.flatMap(({ notices }) =>
    notices.flatMap((notice) => (notice.what === 'interrupted' ? [notice.retryInMilliseconds] : [])),
  );
  expect(waits).toEqual([2, 4, 8, 16, 20]);
});

test('a list that takes longer than the server remembers is begun again, with bigger pages', async () => {
  const { fake, read } = await cluster();
  for (let i = 10; i < 15; i++) fake.put(SHOP, `p${i}`);
  let compacted = false;
  fake.fault = (_, url) => {
    if (url.searchParams.has('continue') && !compacted) {
      compacted = true;
      fake.put(SHOP, 'p99');
      fake.compact();
    }
    return undefined;
  };
  const reader = read({ pageSize: 2 });
  expect(await reader.until('listed')).toEqual([
    '~ p10=',
    '~ p11=',
    'interrupted',
    '~ p12=',
    '~ p13=',
    '~ p14=',
    '~ p99=',
    'listed 6',
  ]);
  expect(fake.requests.map((request) => /limit=\d/.exec(request)?.[0])).toEqual([
    'limit=2',
    'limit=2',
    'limit=4',
    'limit=4',
  ]);
});

test('watches that end at once, again and again, are not begun in a tight loop', async () => {
  const { fake, read } = await cluster();
  const reader = read({ retryMilliseconds: 40, retryMaxMilliseconds: 40 });
  await reader.until('listed');
  const ending = setInterval(() => fake.endWatches(), 1);
  onTestFinished(() => clearInterval(ending));
  void reader.until('deleted').catch(() => undefined);
  await new Promise((later) => setTimeout(later, 800));
  const watches = fake.requests.filter((request) => request.includes('watch')).length;
  expect(watches).toBeGreaterThan(3);
  expect(watches).toBeLessThan(25);
});

test('a silent watch counts as dead and is begun again', async () => {
  const { fake, read } = await cluster();
  const reader = read({ silenceMilliseconds: 30 });
  await reader.until('listed');
  expect(await reader.until('interrupted')).toEqual(['interrupted']);
  expect(reader.notice('interrupted')?.error.message).toContain('nothing was heard for 0.03 s');
  fake.put(SHOP, 'a1');
  expect(await reader.until('upserted')).toContain('+ a1=');
});

test('what the projection throws ends the reader and is not swallowed', async () => {
  const { fake, read } = await cluster();
  const reader = read({
    project: (object) => {
      if (object.metadata.labels?.['app'] === 'bad') throw new TypeError('a bug in the projection');
      return appOf(object);
    },
  });
  await reader.until('listed');
  const more = reader.until('deleted');
  await expect.poll(() => fake.watchers).toBe(1);
  fake.put(SHOP, 'a1', app('bad'));
  await expect(more).rejects.toThrow('a bug in the projection');
});

test('an object without a uid is told as unusable, and the others go on', async () => {
  const { fake, read } = await cluster();
  fake.put(SHOP, 'a1', app('web'));
  fake.put(SHOP, 'b1', app('web'));
  const reader = read({
    project: (object) => (object.metadata.name === 'a1' ? { lacks: 'uid' } : appOf(object)),
  });
  expect(await reader.until('listed')).toEqual(['unusable', '~ b1=web', 'listed 1']);
});

test('its signal ends it without an error, whatever it waits for', async () => {
  const { fake, read } = await cluster();
  const stop = new AbortController();
  const reader = read({ signal: stop.signal });
  await reader.until('listed');
  const more = reader.until('deleted');
  await expect.poll(() => fake.watchers).toBe(1);
  stop.abort();
  await expect(more).rejects.toThrow('the reader ended');
});

test('proof that is asked for is given by a fresh version that the watch reaches, in seconds', async () => {
  const { fake, read } = await cluster();
  fake.put(SHOP, 'a1');
  const proof = new Proof();
  const reader = read({ proof });
  await reader.until('listed');
  void reader.until('deleted').catch(() => undefined);
  await expect.poll(() => fake.watchers).toBe(1);
  // The version of the whole cluster moves on.
  fake.put('/api/v1/namespaces/shop/secrets', 's1');
  const asked = Date.now() * 1_000;
  proof.ask(asked);
  await expect.poll(() => reader.position?.at).toBeGreaterThanOrEqual(asked);
  expect(reader.position?.resourceVersion).toBe(fake.version);
  // One list of one object and a short watch; then the watch goes on, which is not yet where only the short one has ended.
  await expect
    .poll(() =>
      fake.requests.slice(2).map((request) => /limit=\d+|timeoutSeconds=4|watch/.exec(request)?.[0]),
    )
    .toEqual(['limit=1', 'watch', 'watch']);
  proof.ask(asked - 1);
  fake.put(SHOP, 'a1', app('web'));
  await expect.poll(() => reader.notice('upserted')?.object).toBe('web');
  expect(fake.requests).toHaveLength(5);
});

test('an API server whose watches are behind proves nothing', async () => {
  const { fake, read } = await cluster();
  let now = 10_000_000;
  const proof = new Proof();
  const reader = read({ proof, now: () => now });
  await reader.until('listed');
  void reader.until('deleted').catch(() => undefined);
  await expect.poll(() => fake.watchers).toBe(1);
  fake.behind = 1;
  fake.put('/api/v1/namespaces/shop/secrets', 's1');
  now = 20_000_000;
  proof.ask(20_000_000);
  const lists = () =>
    fake.requests.filter((request) => request.includes('limit=1&') || request.endsWith('limit=1')).length;
  await expect.poll(() => lists()).toBe(3);
  await expect.poll(() => fake.requests.length).toBe(9);
  expect(reader.position!.at).toBeLessThan(20_000_000);
}, 30_000);

test('a reader that goes on from a place behind that at which another store was found goes on there', async () => {
  const { fake, read } = await cluster();
  fake.put(SHOP, 'a1', app('web'));
  const store = new StoreNews();
  const reader = read({ store });
  await reader.until('listed');
  store.tell('its resourceVersion went back', reader.position!.at - 3_600_000_000);
  const again = await resumed(reader, fake, (options) => read({ ...options, store }));
  fake.put(SHOP, 'b1', app('new'));
  expect(await again.until('upserted')).toEqual(['+ b1=new']);
});
