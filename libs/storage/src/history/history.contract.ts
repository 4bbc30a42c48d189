import {
  CLOCKS_APART_MAX,
  copyEnded,
  isOfOwnCounter,
  memoryHistory,
  numberedSight,
  overlapping,
  TWO_CLUSTERS,
  type Change,
  type Meeting,
  type NumberedSight,
  type Sight,
  type Version,
} from '@margay/history';
import { SECOND } from '@margay/ground';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  doubts,
  namespaceEnds,
  namespaces,
  random,
  shuffled,
  story,
  STORY_START,
} from '../testing/changes.ts';
import { collect } from '../testing/collect.ts';
import type { History } from './history.ts';

const EVER = { start: 0, end: 2 ** 52 };

const keyOf = ({ group, resource, namespace, name }: Change | Version | Sight) =>
  [group, resource, namespace, name].join('\n');

/** What the history of the changes is, computed at once in memory. */
export function expectedVersions(changes: readonly Change[]): Version[] {
  const history = memoryHistory();
  history.add(changes);
  return history.versions();
}

/** Appends in batches of changing size. */
async function appendAll(history: History, changes: readonly Change[], next: () => number): Promise<number> {
  let applied = 0;
  for (let at = 0; at < changes.length;) {
    const size = 1 + Math.floor(next() * 40);
    applied += (await history.append(changes.slice(at, at + size))).applied;
    at += size;
  }
  return applied;
}

/** A sight of a pod that has its uid as its name. */
const podOf = (
  id: string,
  uid: string,
  facts: Pick<Change, 'resourceVersion' | 'at' | 'receivedAt' | 'created' | 'actor'>,
): Change => ({
  id,
  eventId: id,
  what: 'present',
  group: '',
  resource: 'pods',
  namespace: 'shop',
  name: uid,
  uid,
  content: { apiVersion: 'v1', kind: 'Pod', metadata: { name: uid, namespace: 'shop', uid } },
  origin: { source: 'audit.log', position: 0 },
  ...facts,
});

/** The meeting of a sight among all: with the first write of another object by its number, or else the first sight. */
const meetingAmong =
  (all: readonly NumberedSight[]) =>
  (sight: NumberedSight): Meeting[] => {
    const others = all
      .filter(({ uid, resourceVersion }) => uid !== sight.uid && resourceVersion === sight.resourceVersion)
      .toSorted((a, b) => a.at - b.at);
    const [other] = [...others.filter(({ written }) => written), ...others];
    if (other === undefined) return [];
    return [other.at < sight.at ? [other, sight] : [sight, other]];
  };

const minute = (n: number) => Math.floor(STORY_START / 60_000_000) * 60_000_000 + n * 60_000_000;

/** What every history must do. `open` gives an empty one. */
export function historyContract(name: string, open: () => Promise<History>) {
  describe(`history contract: ${name}`, () => {
    const changes = [...namespaces(), ...story({ seed: 1, changes: 300, keys: 20 }), ...namespaceEnds(250)];

    test('changes become versions', async () => {
      const history = await open();
      expect(await appendAll(history, changes, random(1))).toBe(changes.length);
      expect(await collect(history.versions(EVER))).toEqual(expectedVersions(changes));
    });

    test.each([2, 3, 4])('order, repeats and batches never matter (%i)', async (seed) => {
      const history = await open();
      const next = random(seed);
      const told = [...namespaces(), ...story({ seed, changes: 150, keys: 6 }), ...namespaceEnds(100)];
      const arriving = shuffled([...told, ...told.filter(() => next() < 0.5)], next);
      expect(await appendAll(history, arriving, next)).toBe(told.length);
      expect(await collect(history.versions(EVER))).toEqual(expectedVersions(told));
    });

    test.each([5, 6, 7])('doubts are changes like others, and versions carry them (%i)', async (seed) => {
      const history = await open();
      const next = random(seed);
      const told = [
        ...namespaces(),
        ...story({ seed, changes: 150, keys: 6 }),
        ...doubts({ seed, changes: 150, keys: 6 }),
        ...namespaceEnds(100),
      ];
      const arriving = shuffled([...told, ...told.filter(() => next() < 0.5)], next);
      expect(await appendAll(history, arriving, next)).toBe(told.length);
      const versions = await collect(history.versions(EVER));
      expect(versions).toEqual(expectedVersions(told));
      expect(versions.filter(({ doubt }) => doubt !== undefined).length).toBeGreaterThan(5);
      const [doubt] = told.filter(({ what }) => what === 'doubtful');
      expect(await history.changesOf(doubt as Change)).toContainEqual(doubt);
    });

    test('numbers of one cluster: none is given twice, and nothing outlives what is created later', async () => {
      const history = await open();
      await appendAll(history, changes, random(1));
      await history.span();
      const sights = changes.flatMap((change) => numberedSight(change) ?? []);
      expect(await history.numbers.meetings(sights)).toEqual([]);
    });

    test('numbers of two clusters: which were given twice, and what outlived a creation', async () => {
      const history = await open();
      const original = story({ seed: 11, changes: 300, keys: 40 });
      const copy = story({ seed: 12, changes: 120, keys: 40 }).map((change) => ({
        ...change,
        name: `copy-${change.name}`,
        uid: `copy-${change.uid}`,
        at: change.at + 100 * SECOND,
        receivedAt: change.receivedAt + 100 * SECOND,
      }));
      const all = [...original, ...copy];
      await appendAll(history, all, random(3));
      await history.span();
      const [first, second] = [original, copy].map((told) =>
        told.flatMap((change) => numberedSight(change) ?? []),
      ) as [NumberedSight[], NumberedSight[]];
      const byNumber = new Map(first.map((sight) => [sight.resourceVersion, sight]));
      const met = second.flatMap((sight) => {
        const other = byNumber.get(sight.resourceVersion);
        return other === undefined ? [] : [[other, sight]];
      });
      expect(met.length).toBeGreaterThan(10);
      const found = await history.numbers.meetings(second);
      expect(found.toSorted(([, a], [, b]) => a.at - b.at)).toEqual(met);

      const sights = [...first, ...second];
      const births = sights.filter(({ created }) => created);
      const gap = CLOCKS_APART_MAX;
      let outlived = 0;
      for (const written of first) {
        const by = births.find(({ uid }) => uid === written.uid);
        expect(await history.numbers.birthOf(written)).toEqual(by);
        if (by === undefined) continue;
        const expected = births.filter(
          (birth) =>
            Number(by.resourceVersion) > Number(birth.resourceVersion) &&
            by.at + gap < birth.receivedAt &&
            birth.at + gap < written.receivedAt,
        );
        outlived += expected.length;
        expect(await history.numbers.outlivedBy(by, written)).toEqual(
          expected.toSorted((a, b) => a.at - b.at || (a.uid < b.uid ? -1 : 1)),
        );
      }
      expect(outlived).toBeGreaterThan(5);
    });

    test('numbers in any batches meet those of all batches before, and of their own', async () => {
      const batches = fc.array(
        fc.array(
          fc.record({
            uid: fc.constantFrom('a', 'b', 'c', 'd'),
            number: fc.integer({ min: 1, max: 6 }),
            isCreated: fc.boolean(),
            isWritten: fc.boolean(),
            later: fc.integer({ min: -20, max: 20 }),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        { minLength: 1, maxLength: 4 },
      );
      await fc.assert(
        fc.asyncProperty(batches, async (told) => {
          const history = await open();
          const all: NumberedSight[] = [];
          for (const [i, batch] of told.entries()) {
            const appended = batch.map(({ uid, number, isCreated, isWritten, later }, j) => {
              // No two at one instant.
              const at = STORY_START + (100 * (later + 20) + 10 * i + j) * SECOND;
              return podOf(`${i}-${j}`, uid, {
                resourceVersion: String(number),
                at,
                receivedAt: at,
                ...(isCreated && { created: true }),
                ...(isWritten && { actor: { user: 'alice' } }),
              });
            });
            await history.append(appended);
            // So that all of it is found.
            await history.span();
            const asked = appended.map((change) => numberedSight(change)!);
            all.push(...asked);
            expect(await history.numbers.meetings(asked)).toEqual(asked.flatMap(meetingAmong(all)));
          }
        }),
        { numRuns: 15 },
      );
    });

    test('a number that was seen very often keeps none from being found', async () => {
      const history = await open();
      const often = Array.from({ length: 1_100 }, (_, i) =>
        podOf(`often-${i}`, 'a', { resourceVersion: '5', at: STORY_START + i, receivedAt: STORY_START + i }),
      );
      const other = (uid: string, resourceVersion: string, seconds: number) => {
        const at = STORY_START + seconds * SECOND;
        return podOf(`${uid}-${resourceVersion}`, uid, { resourceVersion, at, receivedAt: at });
      };
      const before = other('b', '7', 1);
      const asked = [other('c', '5', 2), other('d', '7', 3)];
      await history.append([...often, before]);
      await history.append(asked);
      await history.span();
      const [c, d] = asked.map((change) => numberedSight(change)!);
      expect(await history.numbers.meetings([c!, d!])).toEqual([
        [numberedSight(often[0]!), c],
        [numberedSight(before), d],
      ]);
    });

    test('that two clusters tell is open until somebody says that the copy was ended, and again where it is found again', async () => {
      const history = await open();
      const two = (seconds: number): Change => ({
        ...copyEnded({ by: '', because: '', said: seconds * SECOND }),
        id: `two-clusters/${seconds}`,
        at: seconds * SECOND,
        receivedAt: seconds * SECOND,
        doubt: { reason: TWO_CLUSTERS, may: 'be-anything', message: 'Two.' },
      });
      const copies = async () => {
        await history.span();
        const { doubt, endedAt } = await history.numbers.copies();
        return [doubt?.since, endedAt];
      };
      expect(await copies()).toEqual([undefined, -Infinity]);
      await history.append([two(100), two(150)]);
      expect(await copies()).toEqual([100 * SECOND, -Infinity]);
      await history.append([copyEnded({ by: 'ann', because: 'it is gone', said: 200 * SECOND })]);
      expect(await copies()).toEqual([undefined, 260 * SECOND]);
      await history.append([two(300)]);
      expect(await copies()).toEqual([300 * SECOND, 260 * SECOND]);
    });

    test.each([8, 9])('a counter that went back leaves everything open (%i)', async (seed) => {
      const history = await open();
      const told = [...namespaces(), ...story({ seed, changes: 60, keys: 4 })];
      // The backup was made before most of the story, and the same is told again an hour later.
      const again = story({ seed, changes: 60, keys: 4 })
        .slice(20)
        .map((change) => ({
          ...change,
          id: `again ${change.id}`,
          at: change.at + 3_600_000_000,
          receivedAt: change.receivedAt + 3_600_000_000,
        }));
      const all = [...told, ...again];
      await appendAll(history, shuffled(all, random(seed)), random(seed));
      const versions = await collect(history.versions(EVER));
      expect(versions).toEqual(expectedVersions(all));
      expect(versions.filter(({ resource }) => resource === '')).toHaveLength(1);
      expect(await collect(history.versions({ start: 0, end: STORY_START }))).toEqual(
        overlapping(expectedVersions(all), { start: 0, end: STORY_START }),
      );
    });

    test('what began while a watch that told the end of its namespace was away ends by that no more than in memory', async () => {
      const history = await open();
      const [namespace] = namespaces();
      const [first] = story({ seed: 1, changes: 1, keys: 1 });
      const { content: _, created: __, actor: ___, ...end } = namespace!;
      const minutes = (n: number) => STORY_START + n * 60 * SECOND;
      const podAt = (n: number): Change => {
        const made = { name: `pod-of-${n}`, uid: `uid-${n}`, namespace: namespace!.name };
        return { ...first!, ...made, id: `pod ${n}`, receivedAt: minutes(n), at: minutes(n) };
      };
      const watch = { source: 'watch/namespaces', position: 1 };
      const gone = { id: 'end', eventId: 'end', receivedAt: minutes(2), at: minutes(8), origin: watch };
      const told: Change[] = [namespace!, { ...end, ...gone, what: 'gone' }, podAt(1), podAt(5)];
      await history.append(told);
      const versions = await collect(history.versions(EVER));
      expect(versions).toEqual(expectedVersions(told));
      const ends = versions.filter(({ resource }) => resource === 'pods').map(({ validTo }) => validTo);
      expect(ends).toEqual([minutes(8), undefined]);
    });

    test('a namespace that goes and comes again at once: what is of which the counter tells, as in memory, where its end is told late', async () => {
      const history = await open();
      const [namespace] = namespaces();
      const [first] = story({ seed: 1, changes: 1, keys: 1 });
      const { content: _, created: __, actor: ___, ...end } = namespace!;
      const after = (milliseconds: number) => STORY_START + 60 * SECOND + milliseconds * 1_000;
      const told = (id: string, version: number, milliseconds: number) => ({
        id,
        eventId: id,
        resourceVersion: `${version}`,
        receivedAt: after(milliseconds) - SECOND,
        at: after(milliseconds),
        origin: { source: `watch/of-${id}`, position: version },
      });
      const podOf = (id: string, version: number, milliseconds: number): Change => ({
        ...first!,
        ...told(id, version, milliseconds),
        name: id,
        uid: id,
        namespace: namespace!.name,
      });
      // A watch of each kind tells its own at once, but for the end of the namespace, which comes 200 ms late.
      const all: Change[] = [
        namespace!,
        podOf('old', 1_000_890, -100),
        podOf('new', 1_000_908, 140),
        { ...end, ...told('gone', 1_000_895, 200), what: 'gone' },
        { ...namespace!, ...told('again', 1_000_900, 201), uid: 'again', created: true },
      ];
      await history.append(all);
      const versions = await collect(history.versions(EVER));
      expect(versions).toEqual(expectedVersions(all));
      const ends = versions
        .filter(({ resource }) => resource === 'pods')
        .map(({ name, validTo, endedBy }) => [name, validTo, endedBy]);
      expect(ends).toEqual([
        ['new', undefined, undefined],
        ['old', after(200), 'namespace'],
      ]);
    });

    test('what settles a doubt can come later', async () => {
      const history = await open();
      const [first, ...later] = story({ seed: 8, changes: 30, keys: 1 });
      const inDoubt = doubts({ seed: 8, changes: 30, keys: 1 }).filter(({ name }) => name === 'pod-0');
      const told = [first as Change, ...inDoubt, ...later];
      for (const change of told) await history.append([change]);
      expect(await collect(history.versions(EVER))).toEqual(expectedVersions(told));
    });

    test('a late change moves what was there', async () => {
      const history = await open();
      const late = changes.filter((_, i) => i % 7 === 3);
      await appendAll(
        history,
        changes.filter((_, i) => i % 7 !== 3),
        random(5),
      );
      await history.append(late);
      expect(await collect(history.versions(EVER))).toEqual(expectedVersions(changes));
    });

    test.each([
      [0, 60],
      [60, 61],
      [120, 300],
      [299, 1_000],
    ])('a window from second %i to %i has the versions that overlap it', async (from, to) => {
      const history = await open();
      await history.append(changes);
      const window = { start: STORY_START + from * 1_000_000, end: STORY_START + to * 1_000_000 };
      expect(await collect(history.versions(window))).toEqual(overlapping(expectedVersions(changes), window));
      const pods = await collect(history.versions(window, { resources: ['pods'] }));
      expect(pods).toEqual(
        overlapping(expectedVersions(changes), window).filter(({ resource }) => resource === 'pods'),
      );
      expect(await collect(history.versions(window, { resources: [] }))).toEqual([]);
    });

    test('the same event from another place is a repeat, counted once for each place', async () => {
      const history = await open();
      const first = changes.slice(0, 60);
      const [one] = first;
      const copies = (source: string) =>
        first.map((change) => ({ ...change, origin: { ...change.origin, source } }));
      expect(await history.append(first)).toEqual({ applied: 60, repeated: 0 });
      expect(await history.append(first)).toEqual({ applied: 0, repeated: 0 });
      expect(await history.append(copies('other.log'))).toEqual({ applied: 0, repeated: 60 });
      expect(await history.append([...copies('other.log'), ...copies('third.log')])).toEqual({
        applied: 0,
        repeated: 60,
      });
      expect(await history.append(one === undefined ? [] : [one])).toEqual({ applied: 0, repeated: 0 });

      const repeats = await history.repeats(EVER);
      expect(repeats.reduce((sum, { count }) => sum + count, 0)).toBe(120);
      expect(repeats).toEqual(repeats.toSorted((a, b) => a.minute - b.minute));
      expect(repeats.every((repeat) => repeat.minute % 60_000_000 === 0)).toBe(true);
      const inFirst = first.filter(({ at }) => at >= minute(0) && at < minute(1)).length;
      expect(await history.repeats({ start: minute(0), end: minute(1) })).toEqual(
        inFirst === 0 ? [] : [{ minute: minute(0), count: 2 * inFirst }],
      );
    });

    test('an event of many changes is one repeat', async () => {
      const history = await open();
      const many = changes.slice(3, 8).map((change, i) => ({
        ...change,
        id: `collection#${i}`,
        eventId: 'collection',
        at: STORY_START,
        origin: { source: 'audit.log', position: 7 },
      }));
      await history.append(many);
      const again = many.map((change) => ({ ...change, origin: { source: 'other.log', position: 1 } }));
      expect(await history.append(again)).toEqual({ applied: 0, repeated: 1 });
    });

    test('changes come back as they were', async () => {
      const history = await open();
      await history.append(shuffled(changes, random(9)));
      for (const change of changes.slice(0, 20)) {
        const { group, resource, namespace, name: ofKey } = change;
        const found = await history.changesOf({ group, resource, namespace, name: ofKey });
        expect(found).toEqual(changes.filter((other) => keyOf(other) === keyOf(change)));
      }
      expect(await history.changesOf({ group: '', resource: 'pods', namespace: '', name: 'none' })).toEqual(
        [],
      );
      const some = [changes[0]!, { ...changes[0]!, name: 'none' }, changes[19]!, changes[0]!];
      const ofEach = await history.changesOfEach(some);
      expect(ofEach).toEqual(some.map((one) => changes.filter((other) => keyOf(other) === keyOf(one))));
      expect(await history.changesOfEach([])).toEqual([]);
    });

    test('names of which anything was told, and what names begin with', async () => {
      const history = await open();
      await history.append(shuffled(changes, random(10)));
      const [first] = changes.toSorted((a, b) => a.at - b.at);
      const { group, resource, namespace, name: own, at } = first as Change;
      const known = { group, resource, namespace, name: own };
      const begun = { ...known, name: own.slice(0, -1), isBeginning: true } as const;
      const others = [
        { ...known, name: own.slice(0, -1) },
        { ...known, name: 'none' },
        { ...known, namespace: 'none' },
        { ...begun, name: `${own}-` },
        { ...begun, resource: 'none' },
      ];
      expect(await history.told([others[0]!, known, begun, ...others], at + 1)).toEqual([known, begun]);
      expect(await history.told([known], at)).toEqual([]);
      expect(await history.told([], at)).toEqual([]);
    });

    test('the first whole sight of each name after an instant, if it made no version too', async () => {
      const history = await open();
      const told = story({ seed: 11, changes: 120, keys: 9 });
      const partial = told.flatMap((change, i): Change[] => {
        const { content } = change;
        if (change.what !== 'present' || content === undefined || i % 3 !== 0) return [];
        const at = change.at - 500_000;
        const early = { ...change, id: `${change.id}-partial`, at, receivedAt: at };
        const again = { ...change, id: `${change.id}-again`, at: change.at + 100, resourceVersion: `9${i}` };
        return [{ ...early, content: { ...content, metadataOnly: true } }, again];
      });
      const all = [...told, ...partial];
      await history.append(shuffled(all, random(12)));
      const memory = memoryHistory();
      memory.add(all);
      const inOrder = (sights: readonly Sight[]) => sights.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      for (const [from, before] of [
        [0, EVER.end],
        [STORY_START + 40_000_000, EVER.end],
        [STORY_START + 40_000_000, STORY_START + 60_000_000],
        [STORY_START + 40_000_000, STORY_START + 40_000_000],
      ] as const) {
        const found = await collect(history.firstSights({ from, before }));
        expect(inOrder(found)).toEqual(inOrder(memory.firstSights({ from, before })));
      }
      expect(memory.firstSights({ from: 0, before: EVER.end }).length).toBeGreaterThan(5);
    });

    test('ends without uid, long resourceVersions and awkward names are kept', async () => {
      const history = await open();
      const [created] = story({ seed: 1, changes: 1, keys: 1 });
      const {
        uid: _,
        content: __,
        created: ___,
        actor: ____,
        resourceVersion: _____,
        ...rest
      } = created as Change;
      const name = `a.b/c%${'n'.repeat(240)}`;
      const both: Change[] = [
        {
          ...(created as Change),
          name,
          resourceVersion: '90071992547409930123456789',
          generation: 2,
          basedOn: '90071992547409930123456788',
        },
        { ...rest, name, id: 'end#0', eventId: 'end', what: 'gone', at: created!.at + 5 },
      ];
      await history.append(both);
      const { group, resource, namespace } = rest;
      expect(await history.changesOf({ group, resource, namespace, name })).toEqual(both);
      expect(await collect(history.versions(EVER))).toEqual(expectedVersions(both));
    });

    test('objects are known by uid from their first sight on, of whatever source, and not by what requests claim', async () => {
      const history = await open();
      await history.append(changes);
      const objects = changes.flatMap(({ what, uid, receivedAt, ...change }) =>
        uid === undefined || what !== 'present' || !isOfOwnCounter(change)
          ? []
          : [{ ...change, uid, receivedAt }],
      );
      const strange = { ...objects[0]!, uid: 'of nobody' };
      const { resourceVersion: _, content: __, ...named } = changes.find(({ what }) => what === 'present')!;
      const claimed = { ...named, id: 'claim', eventId: 'claim', uid: 'claimed' };
      await history.append([
        { ...claimed, what: 'doubtful', doubt: { reason: 'x', may: 'be-anything', message: 'y' } },
      ]);
      const firstOf = (uid: string) =>
        Math.min(...objects.filter((one) => one.uid === uid).map(({ receivedAt }) => receivedAt));
      for (const before of [0, STORY_START + 100_000_000, EVER.end, Infinity])
        expect(await history.known([...objects, strange, claimed], before)).toEqual(
          new Set(objects.map(({ uid }) => uid).filter((uid) => firstOf(uid) < before)),
        );
      expect(await history.known([], Infinity)).toEqual(new Set());
    });

    test('objects are known by when they were published, however long ago they were seen; elsewhere by when they were seen', async () => {
      const history = await open();
      const seen = changes.filter(
        ({ what, uid, ...change }) => what === 'present' && uid !== undefined && isOfOwnCounter(change),
      );
      const [late, other] = [seen[0]!, seen.find(({ uid }) => uid !== seen[0]!.uid)!];
      const published = EVER.end;
      await history.append([late, other], ({ id }) => (id === late.id ? published : undefined));
      const objects = [late, other].map((change) => ({ ...change, uid: change.uid! }));
      expect(await history.known(objects, published)).toEqual(new Set([other.uid]));
      expect(await history.known(objects, published + 1)).toEqual(new Set([late.uid, other.uid]));
      expect(await history.changesOf(late)).toEqual([late]);
    });

    test('span and summary say what there is', async () => {
      const history = await open();
      expect(await history.span()).toBeUndefined();
      expect(await history.summary()).toEqual([]);
      expect(await collect(history.versions(EVER))).toEqual([]);
      await history.append(changes);
      expect(await history.span()).toEqual({
        first: STORY_START - 1_000_000,
        last: Math.max(...changes.map(({ at }) => at)),
      });
      const versions = expectedVersions(changes);
      const summary = (resource: string) => {
        const ofKind = changes.filter((change) => change.resource === resource);
        return {
          group: '',
          resource,
          objects: new Set(ofKind.map(keyOf)).size,
          versions: versions.filter((version) => version.resource === resource).length,
          changes: ofKind.length,
        };
      };
      expect(await history.summary()).toEqual([summary('namespaces'), summary('pods')]);
    });
  });
}
