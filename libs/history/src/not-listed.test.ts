import { SECOND, type KubernetesObject } from '@margay/ground';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { memoryHistory } from './memory.ts';
import { askedList, endByList, instantOf, notListed, type ObjectList } from './not-listed.ts';
import { anyLives, type Lived } from './testing/lived.ts';
import { validAt } from './version.ts';

/** So many seconds: a first watch stops, a list is taken by another one, which goes on. */
const STOPPED = 300;
const LISTED = 600;
const END = 900;
const KEY = { group: '', resource: 'pods', namespace: 'shop' };

const at = (second: number) => second * SECOND;
const content = (name: string): KubernetesObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name } });

function change(
  { uid, name }: Lived,
  what: 'present' | 'gone',
  second: number,
  more: Partial<Change>,
): Change {
  const id = `watch/pods/${uid}/${what}`;
  const origin = { source: 'watch/pods', position: second };
  return {
    ...KEY,
    name,
    id,
    eventId: id,
    what,
    uid,
    at: at(second),
    receivedAt: at(second),
    origin,
    ...more,
  };
}
const created = (one: Lived): Change =>
  change(one, 'present', one.born, {
    resourceVersion: String(1_000 + one.born),
    created: true,
    content: content(one.name),
  });
const deleted = (one: Lived): Change => change(one, 'gone', one.gone, {});
/** As a list shows it that is taken with nothing known: its creation is not seen. */
function shown(one: Lived): Change {
  const { created: _, ...seen } = created(one);
  return { ...seen, at: at(LISTED), receivedAt: at(one.born) };
}

const listOf = (lives: readonly Lived[], more: Partial<ObjectList> = {}): ObjectList => ({
  group: '',
  resource: 'pods',
  at: at(LISTED),
  resourceVersion: String(1_000 + LISTED),
  isWhole: true,
  uids: lives.filter(({ born, gone }) => born <= LISTED && gone > LISTED).map(({ uid }) => uid),
  ...more,
});

/** What both watches told, and, before it is known what is missing, of what came after the list as much as was kept by then. */
function told(lives: readonly Lived[], until = END): Change[] {
  return lives.flatMap((one) => [
    ...(one.born <= STOPPED || (one.born > LISTED && one.born <= until) ? [created(one)] : []),
    ...(one.gone <= STOPPED || (one.gone > LISTED && one.gone <= until) ? [deleted(one)] : []),
    ...(one.born <= LISTED && one.gone > LISTED ? [shown(one)] : []),
  ]);
}

/** What a list adds to what is kept. */
function concluded(list: ObjectList, kept: readonly Change[], isSure = true): Change[] {
  const history = memoryHistory();
  history.add(kept);
  const watched = [{ start: 0, end: at(STOPPED) + 1 }];
  const asked = askedList(list);
  const endOf = endByList(asked, { watched, isSure });
  return notListed(asked, validAt(history.versions(), instantOf(list))).flatMap((version) =>
    endOf(
      version,
      kept.filter(({ name }) => name === version.name),
    ),
  );
}

/** Says of a name at an instant who has it; `?` where that is not known. */
function sayer(changes: readonly Change[]): (name: string, second: number) => string {
  const history = memoryHistory();
  history.add(changes);
  const versions = history.versions();
  return (name, second) => {
    const valid = validAt(versions, at(second)).filter((one) => one.name === name);
    return valid.some(({ doubt }) => doubt !== undefined) ? '?' : valid.map(({ uid }) => uid).join();
  };
}

const whoHad = (lives: readonly Lived[], name: string, second: number): string =>
  lives
    .filter((one) => one.name === name && one.born <= second && second < one.gone)
    .map(({ uid }) => uid)
    .join();

/** What of an object may be said of an instant: what was so, and where nobody watched also that it is not known. */
function mayBeSaid(lives: readonly Lived[], name: string, second: number): readonly string[] {
  const truth = whoHad(lives, name, second);
  const isUnwatched = second > STOPPED && second < LISTED;
  const own = lives.find(({ uid }) => uid === truth);
  // What was made while nobody watched is not seen before the list, if at all: the kind is in doubt then.
  const isMadeMeanwhile = own !== undefined && own.born > STOPPED && isUnwatched;
  // Of what was made anew meanwhile under its name it is not said more closely when it ended.
  const isMadeAnew =
    own !== undefined &&
    own.gone > STOPPED &&
    own.gone <= LISTED &&
    lives.some((one) => one.name === name && one.born > own.gone && one.born <= LISTED && one.gone > LISTED);
  return [truth, ...(isUnwatched || isMadeAnew ? ['?'] : []), ...(isMadeMeanwhile ? [''] : [])];
}

test('nothing is said to be there that is not, nor to be gone that is there; what was watched is certain', () => {
  fc.assert(
    fc.property(
      // No turn is at an instant at which something is asked.
      anyLives(89, (turn) => turn * 10 + 5),
      fc.integer({ min: LISTED, max: END }),
      fc.boolean(),
      (lives, keptUntil, isTwice) => {
        const list = listOf(lives);
        const ends = concluded(list, told(lives, keptUntil));
        const again = isTwice ? concluded(list, [...told(lives), ...ends]) : [];
        const said = sayer([...told(lives), ...ends, ...again]);
        for (const { name } of lives)
          for (let second = 0; second < END; second += 10)
            expect(mayBeSaid(lives, name, second)).toContain(said(name, second));
      },
    ),
    { numRuns: 200 },
  );
});

const ghost: Lived = { uid: 'g', name: 'ghost', born: 100, gone: 450 };
const other: Lived = { uid: 'o', name: 'other', born: 100, gone: Infinity };

test.each<[what: string, list: ObjectList, expected: readonly string[]]>([
  ['that it does not show', listOf([ghost, other]), ['ghost gone']],
  ['that it shows', listOf([{ ...ghost, gone: Infinity }, other]), []],
  ['written after it, by the counter', listOf([other], { resourceVersion: '1099' }), []],
  ['without a version to compare, long before it', listOf([other], { resourceVersion: '' }), ['ghost gone']],
  ['of another kind', listOf([other], { resource: 'services' }), []],
])('an object %s', (_, list, expected) => {
  const ends = concluded(list, [created(ghost), created(other)]);
  expect(ends.map(({ name, what }) => `${name} ${what}`)).toEqual(expected);
});

test('an object whose name has another one in the list is ended by that one', () => {
  const again: Lived = { uid: 'g2', name: 'ghost', born: 500, gone: Infinity };
  // The list's own sight of it was read before that of an older log.
  const kept = [created(ghost), { ...shown(again), at: at(50), receivedAt: at(50), resourceVersion: '1050' }];
  expect(concluded(listOf([again]), kept)).toEqual([]);
});

test('where it is not known whose list it is, or whether it is whole, what it does not show may be there', () => {
  const kept = [created(ghost), created(other)];
  const said = sayer([...kept, ...concluded(listOf([other]), kept, false)]);
  expect(said('ghost', STOPPED)).toBe('g');
  expect(said('ghost', STOPPED + 1)).toBe('?');
  expect(said('ghost', END)).toBe('?');
  expect(said('other', END)).toBe('o');
});

test('a log that tells afterwards when it was deleted settles when that was', () => {
  const kept = [created(ghost), created(other)];
  const late = {
    ...deleted(ghost),
    id: 'audit',
    eventId: 'audit',
    origin: { source: 'audit.log', position: 1 },
  };
  const said = sayer([...kept, ...concluded(listOf([other]), kept), late]);
  expect(said('ghost', ghost.gone - 1)).toBe('g');
  expect(said('ghost', ghost.gone)).toBe('');
});
