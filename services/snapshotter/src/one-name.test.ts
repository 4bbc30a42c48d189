import { CLUSTER_UID_HEADER, TELLER_HEADER, type ResourceChange } from '@margay/contracts';
import { doubtsFor, standingAt, tellerOf, whoseOf } from '@margay/coverage';
import { FIRST_OBJECT, OUTCOME_UNKNOWN, shownClusterUid, type Change } from '@margay/history';
import { SomeUnprocessable, type Delivery } from '@margay/messaging';
import { cellOver, clusterUidOf, openEmbedded, type Stores } from '@margay/storage';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Identities } from './identities.ts';

type Cluster = 'a' | 'b';
/** An object that is never made anew. */
const LASTING = 4;
const OTHER = { a: 'b', b: 'a' } as const;
/** A claim about this one is about kube-system. */
const CLAIMED_FIRST = 3;
/** The uid of a cluster's kube-system. */
const UID = { a: 'aaaa', b: 'bbbb' } as const;
const BEGIN = Date.parse('2026-11-24T00:00:00Z');
/** Nothing that is told happened so long before. */
const EARLIEST = 11 * 24 * 3_600_000;

/**
 * One thing that an ingestor reads: it creates or writes an object of its cluster, shows kube-system, or tells of a request whose outcome is
 * not known and that names the uid which an object of that name has in the other cluster.
 */
interface Step {
  readonly ingestor: number;
  readonly source: string;
  readonly object: number;
  readonly does: 'create' | 'write' | 'show' | 'claim' | 'move' | 'restart';
  /** How long after the step before. */
  readonly minutes: number;
  /** How long before it was published that happened. */
  readonly minutesLate: number;
  /** Which of two snapshotters keeps it does not follow from the step, but from the object: this one is begun anew before. */
  readonly isKilled: boolean;
}

interface Story {
  /** Of which cluster each ingestor reads at first. */
  readonly reads: readonly Cluster[];
  /** What each was told of that (CLUSTER_UIDS). */
  readonly said: readonly (Cluster | undefined)[];
  readonly steps: readonly Step[];
}

const stepOf = (does: readonly Step['does'][]): fc.Arbitrary<Step> =>
  fc.record({
    ingestor: fc.nat(2),
    source: fc.constantFrom('webhook:kube-1', 'topic:audit/0', 'audit.log@0123456789abcdef'),
    object: fc.nat(3),
    does: fc.constantFrom(...does),
    minutes: fc.nat(30),
    minutesLate: fc.oneof(fc.constant(0), fc.nat(60), fc.nat(10 * 24 * 60)),
    isKilled: fc.boolean(),
  });

/** A change of a cluster, and whether it was kept. */
interface Happened {
  readonly cluster: Cluster;
  readonly change: Change;
  /** Its ingestor said another cluster's uid, as it was told to. */
  readonly isMisnamed: boolean;
  /** Its source had shown whose it is, when it was known of which cluster the name is. */
  readonly isShown: boolean;
  isKept: boolean;
}

/** Clusters that go by one name, each with objects of the same names, and who reads them. */
class World {
  readonly stores: Stores = openEmbedded(':memory:');
  now = BEGIN;
  readonly happened: Happened[] = [];
  readonly #snapshotters = [this.#begun(), this.#begun()];
  readonly #objects = new Map<string, number>();
  readonly #reads: Cluster[];
  readonly #said: readonly (Cluster | undefined)[];
  readonly #readers: string[];
  /** By reader and source. */
  readonly #shown = new Map<string, Cluster>();
  readonly #told = new Map<string, { ingestor: number; source: string }>();
  readonly #moved = new Set<number>();
  /** By ingestor, the sources that told, or may go on telling, since it moved and did not show of which cluster: nobody could tell. */
  readonly #unseen = new Map<number, Set<string>>();

  constructor({ reads, said }: Pick<Story, 'reads' | 'said'>) {
    this.#reads = [...reads];
    this.#said = said;
    this.#readers = reads.map((_, i) => `reader-${i}`);
  }

  async take(step: Step): Promise<void> {
    const { ingestor, object, does, minutes, minutesLate, isKilled } = step;
    this.now += minutes * 60_000 + 1;
    const cluster = this.#reads[ingestor]!;
    if (does === 'move') return this.#move(ingestor);
    if (does === 'restart') {
      if (this.#isUnseen(ingestor)) return undefined;
      // Without a folder of its own. What it was told wrongly only what it shows itself can refute.
      if ([undefined, cluster].includes(this.#said[ingestor])) this.#readers[ingestor] += '+';
      return undefined;
    }
    // A log is of one cluster, whoever reads it.
    const source = step.source.replace('@0', cluster === 'a' ? '@a' : '@b');
    const isSeenAtLast = does === 'show' && this.#unseen.get(ingestor)?.has(source) === true;
    if (!isSeenAtLast && !this.#isOnlyUnseen(ingestor, source)) return undefined;
    if (isKilled) this.#snapshotters[object % 2] = this.#begun();
    await this.#tell({ ingestor, source }, cluster, does, object, minutesLate);
  }

  /** Whoever was told of a cluster, or reads another one than before, shows at last what it reads. */
  async showAll(): Promise<void> {
    for (const { ingestor, source } of this.#told.values()) {
      this.now += 60_000;
      await this.#tell({ ingestor, source }, this.#reads[ingestor]!, 'show', 0);
    }
  }

  /** What every API server of a cluster writes now and then, each reader of it sees. */
  async tellShared(): Promise<void> {
    for (const at of this.#told.values()) {
      this.now += 60_000;
      await this.#tell(at, this.#reads[at.ingestor]!, 'write', LASTING);
    }
  }

  /**
   * Only where it is known of which cluster it tells, since of what it told before that, nobody could tell what is of which; and where nobody
   * else's is open, who would be taken for one of its own by what it tells unseen (README’s limits).
   */
  async #move(ingestor: number): Promise<void> {
    if (this.#isUnseen(ingestor)) return;
    const whose = whoseOf(await this.stores.tellers.facts());
    const tellers = [...this.#told.values()].map((at) =>
      standingAt(whose, tellerOf(this.#readers[at.ingestor]!, at.source), Infinity),
    );
    if (whose.uid === undefined || tellers.includes('open') || tellers.includes('said')) return;
    this.#reads[ingestor] = this.#reads[ingestor] === 'a' ? 'b' : 'a';
    this.#moved.add(ingestor);
    // A log of one cluster is not read on as one of the other.
    const goOn = [...this.#told.values()].filter(
      (at) => at.ingestor === ingestor && !at.source.includes('@'),
    );
    this.#unseen.set(ingestor, new Set(goOn.map(({ source }) => source)));
  }

  #isUnseen(ingestor: number): boolean {
    return (this.#unseen.get(ingestor)?.size ?? 0) > 0;
  }

  /** What a source that turned tells unseen makes others of that cluster look like its own: while it is unseen nobody else tells (README’s limits). */
  #isOnlyUnseen(ingestor: number, source: string): boolean {
    return [...this.#unseen].every(([of, sources]) =>
      [...sources].every((unseen) => of === ingestor && unseen === source),
    );
  }

  #see({ ingestor, source }: { ingestor: number; source: string }, isShown: boolean): void {
    const unseen = this.#unseen.get(ingestor) ?? new Set<string>();
    this.#unseen.set(ingestor, unseen);
    if (isShown) unseen.delete(source);
    else if (this.#moved.has(ingestor)) unseen.add(source);
  }

  async #tell(
    at: { ingestor: number; source: string },
    cluster: Cluster,
    does: Exclude<Step['does'], 'move' | 'restart'>,
    object: number,
    minutesLate = 0,
  ): Promise<void> {
    const reader = this.#readers[at.ingestor]!;
    const place = `${reader} ${at.source}`;
    this.#told.set(`${at.ingestor} ${at.source}`, at);
    // What it shows once stands for what it tells until it moves again.
    if (does === 'show' || this.#shown.get(place) !== cluster) this.#see(at, does === 'show');
    if (does === 'show') this.#shown.set(place, cluster);
    const change = this.#changeOf(cluster, does, object, at.source, minutesLate);
    const says = this.#shown.get(place) ?? this.#said[at.ingestor];
    const delivery = {
      publishedAt: this.now,
      headers: {
        [TELLER_HEADER]: tellerOf(reader, at.source),
        ...(says !== undefined && { [CLUSTER_UID_HEADER]: UID[says] }),
      },
    } as unknown as Delivery;
    const isMisnamed = !this.#shown.has(place) && says !== undefined && says !== cluster;
    const isShown = this.#shown.get(place) === cluster && (await this.#uid()) !== undefined;
    const one = { cluster, change, isMisnamed, isShown, isKept: false };
    this.happened.push(one);
    const snapshotter = this.#snapshotters[object % 2]!;
    try {
      await snapshotter.check([change], [delivery]);
      // As where a batch comes again.
      await snapshotter.check([change], [delivery]);
      await this.stores.history.append([change], () => this.now * 1_000);
      one.isKept = true;
    } catch (error) {
      if (!(error instanceof SomeUnprocessable)) throw error;
    }
  }

  #changeOf(
    cluster: Cluster,
    does: Exclude<Step['does'], 'move' | 'restart'>,
    object: number,
    source: string,
    minutesLate: number,
  ) {
    const isClaim = does === 'claim';
    const named = isClaim ? OTHER[cluster] : cluster;
    const name = `o${object}`;
    const place = `${named}/${name}`;
    const generation = (this.#objects.get(place) ?? 0) + (does === 'create' ? 1 : 0);
    if (does === 'create' || does === 'write') this.#objects.set(place, generation);
    const at = (this.now - minutesLate * 60_000) * 1_000;
    const id = `${cluster}-${this.happened.length}`;
    const of =
      does === 'show' || (isClaim && object === CLAIMED_FIRST)
        ? { ...FIRST_OBJECT, uid: UID[named] }
        : { group: '', resource: 'namespaces', namespace: '', name, uid: `${place}/${generation}` };
    return {
      cluster: 'one',
      id,
      eventId: id,
      ...of,
      ...(isClaim
        ? {
            what: 'doubtful',
            doubt: { reason: OUTCOME_UNKNOWN, may: 'be-anything', message: 'nobody knows' },
          }
        : {
            what: 'present',
            resourceVersion: String(this.happened.length + 1),
            content: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: of.name } },
          }),
      at,
      receivedAt: at,
      origin: { source, position: this.happened.length },
    } as ResourceChange;
  }

  #begun(): Identities {
    return new Identities(cellOver(new Map([['one', this.stores]])), () => this.now);
  }

  async #uid(): Promise<string | undefined> {
    return (await this.stores.tellers.facts()).find((fact) => fact.what === 'is')?.uid;
  }

  /** The cluster that the name stands for. */
  async own(): Promise<Cluster> {
    const uid = await this.#uid();
    if (uid === undefined) return this.happened[0]!.cluster;
    return uid === UID.a ? 'a' : 'b';
  }

  /** What is open of everything since it is not known whose evidence is whose. */
  async doubts() {
    const window = { start: (BEGIN - EARLIEST) * 1_000, end: (this.now + 3_600_000) * 1_000 };
    const known = { deliveries: await this.stores.coverage.deliveries() };
    return doubtsFor(await this.stores.coverage.marks(window), window, known).filter(
      ({ reason }) => reason === 'lost',
    );
  }
}

const story: fc.Arbitrary<Story> = fc.record({
  reads: fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b'), fc.constantFrom('a', 'b')),
  said: fc.tuple(...[0, 1, 2].map(() => fc.constantFrom(undefined, undefined, 'a' as const, 'b' as const))),
  steps: fc.array(stepOf(['create', 'write', 'write', 'write', 'show', 'claim', 'move', 'restart']), {
    maxLength: 25,
  }),
});

test('of two clusters of one name, what is kept of the other, and what is missing of the own one, is in doubt', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ steps, ...begin }) => {
      const world = new World(begin);
      // What who tells first is told is what the name stands for, right or wrong.
      const { ingestor = 0 } = steps.find(({ does }) => does !== 'move' && does !== 'restart') ?? {};
      fc.pre([undefined, begin.reads[ingestor]].includes(begin.said[ingestor]));
      for (const step of steps) await world.take(step);
      await world.showAll();
      if (world.happened.length === 0) return;
      const own = await world.own();
      const doubts = await world.doubts();
      const wrong = world.happened.filter(({ cluster, isKept, isMisnamed }) =>
        cluster === own ? !isKept && !isMisnamed : isKept,
      );
      // What comes of another cluster's source is set aside once it showed kube-system, however long ago it happened.
      expect(wrong.filter(({ cluster, isShown }) => cluster !== own && isShown)).toEqual([]);
      // Reports go out under no other cluster's uid.
      expect([undefined, UID[own]]).toContain(await clusterUidOf(world.stores));
      for (const { change } of wrong)
        expect(doubts.some(({ since, until = Infinity }) => since <= change.at && change.at < until)).toBe(
          true,
        );
      await world.stores.close();
    }),
    { numRuns: 80 },
  );
});

const MINUTES = { day: 24 * 60, week: 7 * 24 * 60 };
/** What one ingestor tells by one source, a minute after what it told before, unless said. */
const tells = (does: Step['does'], more: Partial<Step> = {}): Step => ({
  ingestor: 0,
  source: 'webhook:kube-1',
  object: 0,
  does,
  minutes: 1,
  minutesLate: 0,
  isKilled: false,
  ...more,
});
/** The cluster `a` is seen, and its object 0 again after a quarter of an hour. */
const SEEN: readonly Step[] = [tells('show'), tells('create'), tells('write', { minutes: 15 })];

/** When something is open, in minutes before now, to the next ten. */
async function openMinutes(world: World): Promise<[number, number][]> {
  const ago = (at: number) => Math.ceil((world.now * 1_000 - at) / 600_000_000) * 10 + 0;
  return (await world.doubts()).map(({ since, until = Infinity }) => [ago(since), ago(until)]);
}

test.each<[string, readonly Step[], readonly (readonly [from: number, to: number])[]]>([
  [
    'another ingestor tells of another cluster’s last week',
    [...SEEN, tells('create', { ingestor: 1, minutesLate: MINUTES.week }), tells('show', { ingestor: 1 })],
    [[MINUTES.week + 10, MINUTES.week]],
  ],
  [
    'a source that was the cluster’s tells of another one’s last week',
    [...SEEN, tells('move'), tells('create', { minutesLate: MINUTES.week }), tells('show')],
    [[MINUTES.week + 20, 10]],
  ],
  [
    'the same, out of order, and its snapshotter begun anew each time',
    [
      ...SEEN,
      tells('move'),
      ...[MINUTES.day, MINUTES.week, 60].map((minutesLate) =>
        tells('create', { minutesLate, isKilled: true }),
      ),
      tells('show', { isKilled: true }),
    ],
    [[MINUTES.week + 10, 10]],
  ],
  [
    'one event of another cluster strayed into what the cluster’s source tells',
    [
      tells('show'),
      tells('create'),
      // Seen each quarter of an hour, over two days.
      ...Array.from({ length: 200 }, () => tells('write', { minutes: 15 })),
      tells('move'),
      tells('show'),
      tells('move'),
      tells('write'),
      tells('write', { minutes: 60 }),
    ],
    [[70, 60]],
  ],
  [
    'what the cluster’s source told of last week was set aside, since it was taken for another’s until it was seen again',
    [
      ...SEEN,
      ...Array.from({ length: 5 }, () => tells('write', { minutes: 15 })),
      tells('move'),
      tells('show'),
      tells('move'),
      tells('create', { object: 1, minutesLate: MINUTES.week, isKilled: true }),
      tells('write', { isKilled: true }),
    ],
    [
      [MINUTES.week + 10, MINUTES.week],
      [10, 0],
    ],
  ],
])('where %s, its times are in doubt', async (_, steps, times) => {
  const world = new World({ reads: ['a', 'b', 'a'], said: [] });
  for (const step of steps) await world.take(step);
  expect(await openMinutes(world)).toEqual(times);
  await world.stores.close();
});

test('a source that turned is not taken for the cluster’s again by what it told itself of before, as if it had been seen by then', async () => {
  const world = new World({ reads: ['a'], said: [] });
  const strange = { object: 1, minutesLate: MINUTES.week };
  for (const step of [...SEEN, tells('move'), tells('create', strange), tells('show')])
    await world.take(step);
  await world.take(tells('write', strange));
  await world.take(tells('write', { ...strange, minutesLate: 0, minutes: 30 }));
  expect(world.happened.slice(-3).map(({ cluster, isKept }) => [cluster, isKept])).toEqual([
    ['b', false],
    ['b', false],
    ['b', false],
  ]);
  await world.stores.close();
});

test('of one cluster nothing is in doubt, whoever reads it, once each told of what others told', async () => {
  const steps = fc.array(stepOf(['create', 'write', 'write', 'show', 'claim', 'restart']), { maxLength: 20 });
  const said = fc.constantFrom<readonly (Cluster | undefined)[]>([], ['a', undefined, 'a'], ['a', 'a', 'a']);
  await fc.assert(
    fc.asyncProperty(steps, said, fc.boolean(), async (all, told, isShowing) => {
      const world = new World({ reads: ['a', 'a', 'a'], said: told });
      const taken = all.filter(({ does }) => isShowing || does !== 'show');
      for (const step of taken) {
        // Who begins anew had told of what others told.
        if (step.does === 'restart') await world.tellShared();
        await world.take(step);
      }
      await world.tellShared();
      expect(world.happened.filter(({ isKept }) => !isKept)).toEqual([]);
      expect(await world.doubts()).toEqual([]);
      const isShown = world.happened.some(({ change }) => shownClusterUid(change) !== undefined);
      expect([UID.a, ...(isShown ? [] : [undefined])]).toContain(await clusterUidOf(world.stores));
      await world.stores.close();
    }),
    { numRuns: 80 },
  );
});

test('however many are of another cluster, each is found, and whose they are is asked as often as of one', async () => {
  const stores = openEmbedded(':memory:');
  onTestFinished(() => stores.close());
  const identities = new Identities(cellOver(new Map([['one', stores]])), () => BEGIN);
  let asked = 0;
  const facts = stores.tellers.facts.bind(stores.tellers);
  stores.tellers.facts = () => {
    asked++;
    return facts();
  };
  const of = (cluster: Cluster, i: number) => {
    const id = `${cluster}-${i}`;
    const key = { group: '', resource: 'namespaces', namespace: '', name: `o${i}` };
    const origin = { source: `webhook:${cluster}`, position: i };
    const change = {
      cluster: 'one',
      id,
      eventId: id,
      what: 'present',
      ...key,
      uid: id,
      at: BEGIN * 1_000,
      receivedAt: BEGIN * 1_000,
      origin,
    } as ResourceChange;
    const headers = { [TELLER_HEADER]: tellerOf(cluster, origin.source), [CLUSTER_UID_HEADER]: UID[cluster] };
    return { change, delivery: { publishedAt: BEGIN, headers } as unknown as Delivery };
  };
  const check = (some: readonly ReturnType<typeof of>[]) =>
    identities.check(
      some.map(({ change }) => change),
      some.map(({ delivery }) => delivery),
    );
  await check([of('a', 0)]);
  const askedFor = async (count: number, begin: number): Promise<number> => {
    asked = 0;
    // Those of the own cluster are among them.
    const some = Array.from({ length: count }, (_, i) => [of('b', begin + i), of('a', begin + i)]).flat();
    const error = await check(some).catch((refused: unknown) => refused);
    expect(error).toBeInstanceOf(SomeUnprocessable);
    expect([...(error as SomeUnprocessable).errors.keys()]).toEqual(
      some.flatMap((_, i) => (i % 2 === 0 ? [i] : [])),
    );
    await check(some.filter((_, i) => i % 2 === 1));
    return asked;
  };
  await askedFor(1, 1);
  expect(await askedFor(300, 10)).toBe(await askedFor(1, 1_000));
});
