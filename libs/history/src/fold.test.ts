import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SECOND } from '@margay/ground';
import type { Change } from './change.ts';
import { memoryHistory } from './memory.ts';
import { withoutRefuted } from './refuted.ts';
import { foldKey } from './fold.ts';
import type { Version } from './version.ts';
import { anyChanges, anyEpochs, shuffledWithRepeats } from './testing/histories.ts';
import { story, told } from './testing/stories.ts';

test.each([
  ['', '', 'nothing is nothing'],
  ['+A=x@1', 'A=x[1,)', 'a creation begins a history'],
  ['A=x@1', '?A=x[1,)', 'what is seen first in mid-life may have lived before'],
  ['+A=x@1 A=y@3 -A@5', 'A=x[1,3) A=y[3,5)!', 'a life'],
  ['+A=x@1 A=x@3 A=x@4', 'A=x[1,)', 'writes that change nothing that reports read make no version'],
  ['+A=x@1 A=y@3 A=x@4', 'A=x[1,3) A=y[3,4) A=x[4,)', 'there and back again are three versions'],

  [
    '+A=x@1 A=z@5#5 A=y@4#4',
    'A=x[1,4) A=y[4,5) A=z[5,)',
    'order is that of resourceVersions, not of arrival',
  ],
  ['+A=x@1#1 A=y@7#2 A=z@5#3', 'A=x[1,7) A=z[7,)', 'never before the one with the smaller resourceVersion'],
  [
    '+A=x@1#1 A=y@3..7#2 A=z@4..5#3',
    'A=x[1,3) A=y[3,5) A=z[5,)',
    'what was answered late, but asked for before, was there for a moment',
  ],
  ['+A=x@1#1 A=y@3..7#2 A=z@3..8#3 A=x@4..6#4', 'A=x[1,3) A=y[3,4) A=z[4,6) A=x[6,)', 'each of several'],
  ['+B=w@1#1 +A=x@3..9#2 A=y@4..5#3', 'B=w[1,3)successor A=x[3,5) A=y[5,)', 'be it the first'],
  ['+A=x@1#9 A=y@2#10', 'A=x[1,2) A=y[2,)', 'resourceVersions are numbers: 10 comes after 9'],
  [
    '+A=x@1#9007199254740993 A=y@2#9007199254740994',
    'A=x[1,2) A=y[2,)',
    'and may be greater than any number that is exact',
  ],
  ['+A=x@1 A=y@5#5 A=z@5#6 A=x@8', 'A=x[1,5) A=z[5,8) A=x[8,)', 'what lasted no time is left out'],
  ['+A=x@1 A=y@5#5 A=x@5#6', 'A=x[1,)', 'and brings no two equal versions side by side'],

  ['+A=x@1 A=x@3#1', 'A=x[1,)', 'a write without effect answers with the old resourceVersion'],
  ['+A=x@1 A=y@9#4 A=y@4#4', 'A=x[1,4) A=y[4,)', 'the first sight of a resourceVersion counts'],
  [
    '+A=x@1 A=y@4#4 A=z@3#4',
    'A=x[1,3) A=z[3,)',
    'of two contents of one resourceVersion the first seen counts',
  ],
  ['A=x@4#2 +A=x@1#2', 'A=x[1,)', 'a later sight does not hide that the first was the creation'],

  ['+A=x@1 A~y@3', 'A=x[1,3) A=y/x[3,)', 'where only metadata was shown, the rest is as before'],
  ['+A=x@1 A~x@3', 'A=x[1,)', 'metadata that is as before makes no version'],
  ['A~y@3', '?A=y/[3,)', 'metadata alone is better than nothing'],
  ['A~y@3 A=x@5', '?A=y/[3,5) A=x[5,)', 'and gives way to the whole'],
  [
    '+A=x@1 A~y@3#3 A=z@6#3',
    'A=x[1,3) A=z[3,)',
    'the whole of a resourceVersion counts from when it was first seen',
  ],
  ['+A=x@1 A=y@3#3 A~z@2#3', 'A=x[1,2) A=y[2,)', 'whichever was seen first'],

  [
    '+A=x@1 A=y@3#3 -A=z@6#3',
    'A=x[1,3) A=y[3,6)!',
    'an end has the resourceVersion of the version before it',
  ],
  ['+A=x@1 -A=z@6#9', 'A=x[1,6)!', 'what an end shows makes no version'],
  ['+A=x@1 -A@6 -A@4 -A@9', 'A=x[1,4)!', 'the earliest end counts'],
  ['+A=x@1 -A@4 A=y@6', 'A=x[1,4)!', 'a late event never brings back what is gone'],
  ['+A=x@1 A=y@4 -A@4', 'A=x[1,4)!', 'nor does one of the same instant'],
  [
    '-A=x@3..8',
    '?A=x[3,8)!',
    'of what only its end shows, it is known that it was there when the end was asked for',
  ],
  ['-A=x@3..8 -A=x@1..5', '?A=x[1,5)!', 'as early as it was asked for'],
  ['-A@3..8', '', 'an end that shows nothing tells nothing else'],
  ['A=x@5 -A=y@1..9', '?A=x[5,9)!', 'and where more was seen, that counts'],

  ['+A=x@1 -A@4 +B=y@7', 'A=x[1,4)! B=y[7,)', 'a name comes back'],
  ['+A=x@1 +B=y@7', 'A=x[1,7)successor B=y[7,)', 'the birth of another object ends the one before'],
  ['+A=x@1 +B=y@7 A=z@9#3', 'A=x[1,7)successor B=y[7,)', 'a late event of an old uid touches nothing'],
  ['A=z@9#3 +B=y@7#7', 'B=y[7,)', 'even if it is the first of that uid that is seen'],
  ['+A=x@1 +B=y@7 -A@5..9', 'A=x[1,7)! B=y[7,)', 'nor does a late end, which yet says how it ended'],
  ['+A=x@1 +B=y@7 +C=z@5#8', 'A=x[1,5)successor C=z[5,)', 'versions never overlap, whatever clocks say'],
  ['-A=x@1..8 +B=y@6', '?A=x[1,6)! B=y[6,)', 'a slow deletion of many ends before the name is used again'],
  ['-A@3..9 +B=y@6', 'B=y[6,)', 'the end of an object that was never seen leaves its successor alone'],
  ['+A=x@1 -B@5..6', 'A=x[1,5)successor', 'what had the name later shows that the one before had ended'],
  ['+A=x@1 A=y@7 -B@5..6', 'A=x[1,7) A=y[7,)', 'unless that was heard of since: clocks differ'],

  ['+A=x@1 -@4', 'A=x[1,4)!', 'an end without uid is that of whatever had the name'],
  ['-@4', '', 'if anything had'],
  ['+A=x@5 -@4', 'A=x[5,)', 'not of what came later'],
  ['+A=x@1 -A@4 -@8', 'A=x[1,4)!', 'nor of what was gone'],
  [
    '+A=x@1 +B=y@6 -@3..7',
    'A=x[1,6)! B=y[6,)',
    'it is the end of the one that was there when it was asked for',
  ],
  ['+A=x@1 -A@2 +B=y@6 -@3..7', 'A=x[1,2)! B=y[6,7)!', 'else of one born meanwhile'],
  ['+A=x@1 -@4 +B=y@6 -@9', 'A=x[1,4)! B=y[6,9)!', 'one after another'],
])('%s gives %s: %s', (changes, versions) => {
  expect(told(withoutRefuted(foldKey(story(changes))))).toBe(versions);
});

test.each([
  ['+A=x@1 ?A:differs@5', 'A=x[1,4) A=x[4,)~differ@4', 'a change that nobody saw leaves open what it is'],
  ['+A=x@1 ?:differs@5', 'A=x[1,4) A=x[4,)~differ@4', 'of whatever has the name'],
  ['+A=x@1 ?:differs@5 A=y@9', 'A=x[1,4) A=x[4,9)~differ@4 A=y[9,)', 'until it is seen'],
  ['+A=x@1 ?:differs@5 A=x@9', 'A=x[1,4) A=x[4,9)~differ@4 A=x[9,)', 'as whatever'],
  [
    '+A=x@1 ?:differs@3..6 A=y@5..9',
    'A=x[1,3) A=x[3,9)~differ@3 A=y[9,)~differ@3',
    'by a request that came after',
  ],
  ['+A=x@1 ?:differs@5 A~y@9', 'A=x[1,4) A=x[4,9)~differ@4 A=y/x[9,)~differ@4', 'whole'],
  ['+A=x@1 ?:differs@5 A=x@9#1', 'A=x[1,)', 'what still has its resourceVersion was not changed'],
  ['+A=x@1 ?:differs@5 -A@9', 'A=x[1,4) A=x[4,9)!~differ@4', 'an end ends it, too'],
  ['+A=x@1 ?:gone@5', 'A=x[1,4) A=x[4,)~gone@4', 'what may be gone is as it was, or gone'],
  ['+A=x@1 ?:gone@5 A=y@9', 'A=x[1,9) A=y[9,)', 'what is seen again was never gone'],
  ['+A=x@1 ?:gone@5 -A@9', 'A=x[1,9)!', 'nor was what is seen to end'],
  ['+A=x@1 ?:gone@5 -@9', 'A=x[1,4) A=x[4,9)!~gone@4', 'if it says which'],
  [
    '+A=x@1 ?:gone@5 +B=y@9',
    'A=x[1,4) A=x[4,9)successor~gone@4 B=y[9,)',
    'another one shows that it is gone',
  ],
  [
    '+A=x@1 ?:gone@5 ?:differs@8',
    'A=x[1,4) A=x[4,7)~gone@4 A=x[7,)~anything@4',
    'two doubts are wider than one',
  ],
  ['+A=x@1 ?:unknown@5', 'A=x[1,4) A=x[4,)~differ@4', 'an update, if it was one, ends nothing'],
  ['+A=held@1 ?:unknown@5', 'A=held[1,4) A=held[4,)~anything@4', 'but what its last finalizer keeps'],
  ['+A=x@1 ?:ended@5', 'A=x[1,5)!', 'what was deleted is gone'],
  ['+A=held@1 ?:ended@5', 'A=held[1,4) A=held[4,)~gone@4', 'unless a finalizer keeps it'],
  ['+A=x@1 ?:differs@5 ?:ended@8', 'A=x[1,4) A=x[4,7)~differ@4 A=x[7,)~anything@4', 'or it may have one'],
  ['+A=x@1 ?:ended@5 A=y@9', 'A=x[1,9) A=y[9,)', 'or it is seen again'],
  ['+A=x@1 ?:ended@5 +B=y@9', 'A=x[1,5)! B=y[9,)', 'and the name comes back'],
  ['?:differs@5', '?=[4,)~differ@4', 'of what was never seen, the name is known'],
  ['?B:differs@5', '?B=[4,)~differ@4', 'and sometimes which it is'],
  ['?:unknown@5', '?=[4,)~anything@4', 'or that there may be one'],
  ['?:gone@5 ?:ended@9', '', 'but not where it may be gone only'],
  ['?:differs@5 A=x@9', '?=[4,9)~differ@4 ?A=x[9,)', 'until it is seen'],
  ['?:differs@5 -@9', '?=[4,9)~differ@4', 'or ends'],
  [
    '?:differs@5 ?:ended@9',
    '?=[4,8)~differ@4 ?=[8,)~anything@4',
    'or may have ended, since nobody saw its finalizers',
  ],
  ['+A=x@1 -A@3 ?:differs@5', 'A=x[1,3)! ?=[4,)~differ@4', 'a name that comes back unseen'],
  ['+A=x@1 -A@3 ?A:differs@5', 'A=x[1,3)!', 'an object does not'],
  ['+A=x@1 ?+:differs@5', 'A=x[1,4)successor =[4,)~differ@4', 'a creation shows that the one before is gone'],
  ['+A=x@1 ?+:unknown@5', 'A=x[1,)', 'where there is one, none can be created'],
  ['+A=x@1 ?:gone@3 ?+:unknown@5', 'A=x[1,2) A=x[2,4)~gone@2 A=x[4,)~anything@2', 'unless it may be gone'],
  ['?+:unknown@5 +A=x@9', 'A=x[9,)', 'the name was free, so nothing had come of the first try'],
  [
    '?+:unknown@5 ?:gone@7 +A=x@9',
    '=[4,6)~anything@4 ?=[6,9)~anything@4 A=x[9,)',
    'unless it was deleted since',
  ],
  ['?+:differs@3..7 +A=x@4..6', 'A=x[6,)', 'another event of the same creation shows what it made'],
])('in doubt, %s gives %s: %s', (changes, versions) => {
  expect(told(withoutRefuted(foldKey(story(changes))))).toBe(versions);
});

const LATE = 20_000_000;
test.each([
  ['+A=x@1 ?:gone@5 !@9', 'A=x[1,4) A=x[4,9)!~gone@4', 'what may be gone and is not found is gone'],
  ['+A=x@1 ?:gone@5 !@9 +B=y@20', 'A=x[1,4) A=x[4,9)!~gone@4 B=y[20,)', 'and the name is free'],
  ['+A=x@1 ?:gone@3..8 !@5..6', 'A=x[1,3) A=x[3,6)!~gone@3', 'even while it is being deleted'],
  ['+A=x@1 ?:gone@5 !@3', 'A=x[1,4) A=x[4,)~gone@4', 'not by one that was answered before'],
  ['+A=x@1 ?:gone@5 !@9 A=x@12#1', 'A=x[1,)', 'nor where it is seen later: clocks differ'],
  ['+A=held@1 ?:unknown@5 !@9', 'A=held[1,4) A=held[4,9)!~anything@4', 'whatever may have ended it'],
  ['+A=x@1 !@9', 'A=x[1,)', 'what nothing may have ended is there: clocks differ'],
  [`+A=x@1 !@${LATE}`, `A=x[1,${LATE})!~gone@1`, 'but not by so much: its end was missed'],
  [`+A=x@1 !@${LATE} A=y@${LATE + 5}`, `A=x[1,${LATE + 5}) A=y[${LATE + 5},)`, 'unless it is heard of again'],
  ['+A=x@1 -A@4 !@9', 'A=x[1,4)!', 'of what is gone it tells nothing'],
  ['!@9', '', 'nor where nothing was'],
  ['?+:unknown@5 !@9', '', 'a creation of which nothing is found was not done'],
  ['?+:unknown@5 !@3', '=[4,)~anything@4', 'not by one that was answered before'],
  [
    '?+:unknown@5 ?:gone@7 !@9',
    '=[4,6)~anything@4 ?=[6,9)~anything@4',
    'unless it may have been deleted since',
  ],
  [
    '?+:differs@5 ?:gone@7 !@9',
    '=[4,6)~differ@4 ?=[6,9)~anything@4',
    'what was made unseen and deleted is gone',
  ],
  ['+A=x@1 ?:gone@5 &@9', 'A=x[1,)', 'a name that is taken: nothing was gone'],
  ['+A=x@1 ?:ended@5 &@9', 'A=x[1,)', 'nor was it with an answer'],
  ['+A=held@1 ?:unknown@5 &@9', 'A=held[1,4) A=held[4,)~anything@4', 'but it may have been changed'],
  ['+A=x@1 ?:gone@5 &@3', 'A=x[1,4) A=x[4,)~gone@4', 'not if that was before'],
  [
    '+A=x@1 ?:gone@5 ?+:unknown@7 &@9',
    'A=x[1,4) A=x[4,6)~gone@4 A=x[6,)~anything@4',
    'nor where another may have been made',
  ],
])('of names found free or taken, %s gives %s: %s', (changes, versions) => {
  expect(told(withoutRefuted(foldKey(story(changes))))).toBe(versions);
});

test.each([
  ['?+:unknown@5 !@9', '=[4,9)~anything@4'],
  ['?+:unknown@5 +A=x@9', '=[4,9)~anything@4 A=x[9,)'],
  ['+A=x@1 ?:gone@5 &@9', 'A=x[1,4) A=x[4,)~gone@4'],
])(
  'what refutes a doubt stands beside it, for who knows that something was missed: %s',
  (changes, versions) => {
    const folded = foldKey(story(changes));
    expect(told(folded)).toBe(versions);
    expect(folded.find(({ doubt }) => doubt !== undefined)?.doubt?.refutedAt).toBe(9);
    expect(told(withoutRefuted(folded, () => true))).toBe(versions);
  },
);

test.each([
  [
    '+A=x@1 ?:differs@3..6',
    'A=y@2..5',
    'A=x[1,3) A=x[3,5)~differ@3 A=y[5,)',
    'shows what came of a request that is still being answered',
  ],
  ['+A=x@1 ?:gone@3..6', 'A=y@2..5', 'A=x[1,5) A=y[5,)', 'and that it is still there'],
  ['+A=x@1 ?:differs@3..6', 'A=y@1..2', 'A=x[1,2) A=y[2,3) A=y[3,)~differ@3', 'but not what it told before'],
])('in doubt, %s with what a watch tells, %s, is %s: it %s', (log, watch, versions) => {
  const watched = story(watch).map((change) => ({
    ...change,
    origin: { source: 'watch/pods', position: 1 },
  }));
  expect(told(foldKey([...story(log), ...watched]))).toBe(versions);
});

const later = (text: string, seconds: number) =>
  story(text).map((change) => ({
    ...change,
    id: `${seconds} ${change.id}`,
    at: change.at + seconds * SECOND,
    receivedAt: change.receivedAt + seconds * SECOND,
  }));

/** Instants a minute later as `+4`. */
const inMinutes = (versions: readonly Version[]) =>
  told(versions).replaceAll(/\b600000(\d\d)\b/g, (_, rest: string) => `+${Number(rest)}`);

test.each([
  [
    '+A=x@1#50 A=y@2#90',
    'A=z@4#70 A=w@6#71',
    'A=x[1,2) A=y[2,+4) A=z[+4,+6) A=w[+6,)',
    'orders versions within their epochs',
  ],
  ['+A=x@1#50 -A@3', 'A=z@4#40', 'A=x[1,3)! A=z[+4,)', 'brings back what had ended since the backup'],
  [
    '+A=x@1#50 -A@3',
    'A=z@4#70',
    'A=x[1,3)! A=z[+4,)',
    'brings it back, although the counter has come further than it had been',
  ],
  ['+A=x@1#50', '+B=z@4#40', 'A=x[1,+4)successor B=z[+4,)', 'has another object of the name'],
  ['+A=x@1#50 A=y@2#90', '-A@3 A=z@2#70', 'A=x[1,2) A=y[2,+2) A=z[+2,+3)!', 'has ends of its own'],
])('a counter that went back: %s and a minute later %s: it %s', (before, after, versions) => {
  const changes = [...story(before), ...later(after, 60)];
  expect(inMinutes(foldKey(changes))).toBe(versions);
  expect(foldKey(changes.toReversed())).toEqual(foldKey(changes));
  expect(foldKey(changes).filter(({ restored }) => restored !== undefined)).toHaveLength(1);
  // Of what nothing is known by that, a watch says itself.
  const watched = later(after, 60).map((change) => ({
    ...change,
    origin: { source: 'watch/pods', position: 1 },
  }));
  const byWatch = foldKey([...story(before), ...watched]);
  expect(inMinutes(byWatch)).toBe(versions);
  expect(byWatch.filter(({ restored }) => restored !== undefined)).toEqual([]);
});

test('a counter that went back by clocks that differ did not', () => {
  const changes = [...story('+A=x@1#50 A=y@2#90'), ...later('A=z@4#70', 2)];
  expect(foldKey(changes).at(-1)?.content.metadata.labels).toEqual({ is: 'y' });
});

test('when a store was restored is what all objects have in common, and leaves everything open', () => {
  const named = (name: string, changes: readonly Change[]) =>
    changes.map((change) => ({ ...change, id: `${name} ${change.id}`, name }));
  const history = memoryHistory();
  history.add(named('a', [...story('+A=x@1#50'), ...later('A=y@1#60', 20), ...later('A=z@1#55', 60)]));
  history.add(named('b', [...story('+A=x@1#70'), ...later('A=y@1#65', 50)]));
  const doubts = history.versions().filter(({ resource }) => resource === '');
  expect(doubts).toHaveLength(1);
  expect(doubts[0]?.doubt).toMatchObject({
    reason: 'counter-went-back',
    since: 20 * SECOND + 1,
    answeredAt: 50 * SECOND,
    message: expect.stringMatching(
      /^The cluster's counter went back: pods shop\/b has resourceVersion 65/,
    ) as string,
  });
});

test.each([
  ['+A=x@1 *A=y@4', 'A=x[1,4) A=y/x[4,)', 'changes what was there'],
  ['+A=x@1 *=y@4', 'A=x[1,4) A=y/x[4,)', 'of whatever had the name'],
  ['+A=x@1 *A=x@4', 'A=x[1,)', 'unless it is so already'],
  ['+A=x@1 *A=y@4 A=z@7', 'A=x[1,4) A=y/x[4,7) A=z[7,)', 'until the whole is seen'],
  ['+A=x@1 *A=y@4 A=x@7#1', 'A=x[1,4) A=y/x[4,)', 'by another resourceVersion'],
  ['+A=x@1 *A=y@4 *A=z@3', 'A=x[1,3) A=z/x[3,4) A=y/x[4,)', 'is ordered by time'],
  ['+A=x@1 -A@3 *A=y@4', 'A=x[1,3)!', 'brings nothing back'],
  ['+A=x@1 *A=y@4 -A@6', 'A=x[1,4) A=y/x[4,6)!', 'ends with the object'],
  ['*A=y@4', '?A=[3,)~differ@3', 'of an object that was not seen shows no more than that it is there'],
  ['*A=y@4 A=x@7', '?A=[3,7)~differ@3 ?A=x[7,)', 'until it is'],
  ['+A=x@1 ?A:gone@3 *A=y@6', 'A=x[1,6) A=y/x[6,)', 'shows that it was there'],
  ['+A=x@1 ?A:differs@3 *A=y@6', 'A=x[1,2) A=x[2,6)~differ@2 A=y/x[6,)~differ@2', 'settles nothing'],
])('a patch: %s gives %s: it %s', (changes, versions) => {
  expect(told(withoutRefuted(foldKey(story(changes))))).toBe(versions);
});

test.each([
  ['+A=x@1%1 A=y@5%3', 'A=x[1,5)~differ@1 A=y[5,)', 'a generation that jumps shows that a change was missed'],
  ['+A=x@1%1 A=y@5%2', 'A=x[1,5) A=y[5,)', 'one that goes up by one does not'],
  ['+A=x@1%1 A=y@5', 'A=x[1,5) A=y[5,)', 'nor does one that is not told'],
  [
    '+A=x@1%1 A=x@3#1%1 A=y@5%3',
    'A=x[1,2) A=x[2,5)~differ@2 A=y[5,)',
    'nothing was missed before the last sight of the old one',
  ],
  [
    '+A=x@1%1 ?A:differs@3 A=y@5%3',
    'A=x[1,2) A=x[2,5)~differ@2 A=y[5,)',
    'what is known to be unknown explains it',
  ],
  ['+A=x@1%1 ?A:differs@3 A=y@5%4', 'A=x[1,2)~differ@1 A=x[2,5)~differ@1 A=y[5,)', 'but not more'],
  ['+A=x@1%1 A~x@5%3', 'A=x[1,)~differ@1', 'metadata alone shows the jump and not what came of it'],
  ['+A=x@1%1 +B=y@5%3', 'A=x[1,5)successor B=y[5,)', 'another object counts anew'],
  ['+A=x@1 A=y@5<3', 'A=x[1,5)~differ@1 A=y[5,)', 'so does a request that found what was never seen'],
  ['+A=x@1 A=y@5<1', 'A=x[1,5) A=y[5,)', 'if it was not'],
  ['+A=x@1 A=y@5<5', 'A=x[1,5) A=y[5,)', 'a request that says what it made instead tells nothing'],
])('missed: %s gives %s: %s', (changes, versions) => {
  expect(told(withoutRefuted(foldKey(story(changes))))).toBe(versions);
});

test('several doubts at once are told as the earliest, and that there are more', () => {
  const doubts = foldKey(story('+A=x@1 ?:gone@5 ?:gone@8 A=y@12#1')).map(({ doubt }) => doubt);
  expect(doubts).toEqual([undefined]);
  expect(foldKey(story('+A=x@1 ?:gone@5 ?:gone@8')).map(({ doubt }) => doubt?.message)).toEqual([
    undefined,
    'gone at 5.',
    'gone at 5. There are more doubts about it.',
  ]);
});

test('a doubt about all of a kind is a version without a name for each, and lasts', () => {
  const all = story('?:gone@5 ?:gone@8 ?:gone@8').map((change) => ({ ...change, name: '' }));
  const versions = foldKey(all);
  expect(told(versions)).toBe('?=[4,)~gone@4 ?=[7,)~gone@7');
  expect(versions[0]?.content).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: '', namespace: 'shop' },
  });
  expect(versions[0]?.doubt?.answeredAt).toBe(5);
});

test('ten thousand doubts about one object are few versions, in no time', () => {
  const many = story(Array.from({ length: 10_000 }, (_, i) => `?:gone@${i + 5}`).join(' '));
  expect(foldKey([...story('+A=x@1'), ...many]).length).toBe(3);
});

test.each([
  ['+A=x@1 A=x@3 A=y@4', 'A=x[1,3) A=x[3,4) A=y[4,)', 'every write is told apart'],
  ['+A=x@1 A=x@3#1', 'A=x[1,)', 'but a write without effect is none'],
  ['+A=x@1 A=x@3#3 A=x@3#4', 'A=x[1,3) A=x[3,)', 'and what lasted no time is left out'],
])('every resourceVersion: %s gives %s: %s', (changes, versions) => {
  expect(told(foldKey(story(changes), { every: 'resourceVersion' }))).toBe(versions);
});

test('a version names who brought its content, and the resourceVersion that did', () => {
  const by = (user: string, text: string) => story(text).map((change) => ({ ...change, actor: { user } }));
  const changes = [...by('ana', '+A=x@1'), ...by('ben', 'A=y@7#2'), ...by('kubelet', 'A=y@5#3')];
  expect(foldKey(changes).map(({ resourceVersion, actor }) => [resourceVersion, actor?.user])).toEqual([
    ['1', 'ana'],
    ['2', 'ben'],
  ]);
});

test.each<[string, string, string | undefined, string]>([
  ['A=x@100#3', 'A=x@4000000..4000001#3', undefined, 'whoever asked when it was there already wrote nothing'],
  ['A=x@100#3', 'A=x@90..101#3', 'ben', 'whoever asked before it was seen wrote it'],
  ['A=x@100#3', 'A=x@101..105#3', 'ben', 'what another source saw was seen by another clock'],
  ['A=x@100#3', '+A=x@4000000..4000001#3', 'ben', 'whoever created it did, whatever clocks say'],
])('what a watch saw as %s and a log tells as %s was written by %s: %s', (seen, written, user, _) => {
  const origin = { source: 'watch/pods@margay-0', position: 1 };
  const watched = story(`A=w@1 ${seen}`).map((change) => ({ ...change, origin }));
  const logged = story(written).map((change) => ({ ...change, actor: { user: 'ben' } }));
  expect(foldKey([...watched, ...logged]).at(-1)?.actor?.user).toBe(user);
  expect(foldKey([...logged, ...watched]).at(-1)?.actor?.user).toBe(user);
});

test('of one source, whoever asked when a version had been read already did not write it', () => {
  const by = (text: string) => story(text).map((change) => ({ ...change, actor: { user: 'ben' } }));
  const actors = (text: string) => foldKey([...story('A=w@1 A=x@9#3'), ...by(text)]).at(-1)?.actor?.user;
  expect(actors('A=x@10..12#3')).toBeUndefined();
  expect(actors('A=x@8..12#3')).toBe('ben');
});

test.each<[string, readonly (string | undefined)[]]>([
  ['+A=x@1#1 +B=x@20000000#3', ['end-missed', undefined]],
  ['+A=x@1#1 B=x@20000000#3', ['end-missed', undefined]],
  ['+A=x@1#1 A=y@10000000#2 +B=x@20000000#3', [undefined, 'end-missed', undefined]],
  ['+A=x@1#1 -A@10 +B=x@20000000#3', [undefined, undefined]],
])(
  '%s: an object whose end another one of its name tells alone may be gone since it was heard of',
  (changes, doubts) => {
    expect(foldKey(story(changes)).map(({ doubt }) => doubt?.reason)).toEqual(doubts);
  },
);

test('order, repeats and origin of the changes never matter', () => {
  const arrived = fc
    .oneof(anyChanges, anyEpochs)
    .chain((all) => fc.tuple(fc.constant(all), shuffledWithRepeats(all)));
  fc.assert(
    fc.property(
      arrived,
      fc.constantFrom('content' as const, 'resourceVersion' as const),
      ([all, again], every) => {
        expect(foldKey(again, { every })).toEqual(foldKey(all, { every }));
      },
    ),
    { numRuns: 3_000 },
  );
});

test('of one event that two sources tell, always the same one is named, also where the counter went back meanwhile', () => {
  const slow = story('C=x@35..35#35 C=x@34..35#35 A=x@10..10#10 C=x@34..34#36').map((change) => ({
    ...change,
    at: change.at * 5 * SECOND,
    receivedAt: change.receivedAt * 5 * SECOND,
  }));
  const again = slow.map((change) => ({ ...change, origin: { source: 'webhook', position: 1 } }));
  const sources = (changes: readonly Change[]) => foldKey(changes).map(({ doubt }) => doubt?.source);
  expect(sources([...slow, ...again])).toEqual(['log', undefined]);
  expect(sources([...again, ...slow])).toEqual(['log', undefined]);
});

test('a request that found the name free counts beside an end that names no object, whoever has the name later', () => {
  const ended = '+A=x@1#1 !@10000000..11000000 -@10500000..20000000';
  const [alone] = foldKey(story(ended));
  expect(alone).toEqual(foldKey(story(`${ended} +B=x@30000000#2`))[0]);
  expect(alone).toMatchObject({ validTo: 11_000_000, doubt: { reason: 'end-missed' } });
});

test('nor does the order of changes that nothing but their content tells apart', () => {
  const one = story('A=x@4#4')[0]!;
  const other = { ...story('A=y@4#4')[0]!, id: one.id };
  expect(foldKey([one, other])).toEqual(foldKey([other, one]));
});

const isUnseen = ({ content }: Version) => !('spec' in content) && content.metadata.labels === undefined;

test('versions of a name are in time order, never overlap, and differ from their neighbours', () => {
  fc.assert(
    fc.property(anyChanges, (changes) => {
      const versions = foldKey(changes);
      for (const [i, version] of versions.entries()) {
        expect(version.validFrom).toBeLessThan(version.validTo ?? Infinity);
        const next = versions[i + 1];
        if (!next) continue;
        expect(version.validTo).toBeLessThanOrEqual(next.validFrom);
        // Of objects that were never seen, none can be told from the next.
        if (isUnseen(next) || isUnseen(version)) continue;
        if (next.uid === version.uid) {
          expect(version.validTo).toBe(next.validFrom);
          expect(version).not.toHaveProperty('endedBy');
          const { doubt, content } = version;
          expect({ doubt: next.doubt, content: next.content }).not.toEqual({ doubt, content });
        } else {
          expect(version).toHaveProperty('endedBy');
          expect(versions.slice(i + 1).map(({ uid }) => uid)).not.toContain(version.uid);
        }
      }
    }),
    { numRuns: 3_000 },
  );
});

test('they never overlap either where the counter went back', () => {
  let restored = 0;
  fc.assert(
    fc.property(anyEpochs, (changes) => {
      const versions = foldKey(changes);
      for (const [i, version] of versions.entries()) {
        if (version.restored !== undefined) restored++;
        expect(version.validFrom).toBeLessThan(version.validTo ?? Infinity);
        const next = versions[i + 1];
        if (next) expect(version.validTo).toBeLessThanOrEqual(next.validFrom);
      }
    }),
    { numRuns: 3_000 },
  );
  expect(restored).toBeGreaterThan(100);
});

test('every resourceVersion told apart is the same history, cut finer', () => {
  fc.assert(
    fc.property(anyChanges, (changes) => {
      const fine = foldKey(changes, { every: 'resourceVersion' });
      const instants = new Set(changes.flatMap(({ at, receivedAt }) => [at, receivedAt]));
      const contentAt = (versions: typeof fine, instant: number) =>
        versions.find(({ validFrom, validTo = Infinity }) => validFrom <= instant && instant < validTo)
          ?.content;
      for (const instant of instants) {
        expect(contentAt(fine, instant)).toEqual(contentAt(foldKey(changes), instant));
      }
    }),
    { numRuns: 500 },
  );
});
