import { describe, expect, test } from 'vitest';
import type { KeptSession, SessionBounds, Sessions } from './sessions.ts';

const session = (digest: string, more: Partial<KeptSession> = {}): KeptSession => ({
  digest,
  owner: 'o',
  sealed: 'x'.repeat(40_000),
  startedAt: 1_764_086_400_000_001,
  usedAt: 1_764_086_400_000_001,
  endsAt: 1_764_172_800_000_000,
  ...more,
});

const MANY: SessionBounds = { ofOwner: 100, inAll: 100 };

/** What all sessions must do. `open` gives empty ones. */
export function sessionsContract(name: string, open: () => Promise<Sessions>) {
  describe(`sessions contract: ${name}`, () => {
    test('a session is there until it is ended, by one of those who end it', async () => {
      const sessions = await open();
      expect(await sessions.get('a')).toBeUndefined();
      await sessions.begin(session('a'), MANY);
      expect(await sessions.get('a')).toEqual(session('a'));
      const ended = await Promise.all([1, 2, 3, 4].map(() => sessions.end('a')));
      expect(ended.filter(Boolean)).toHaveLength(1);
      expect(await sessions.get('a')).toBeUndefined();
      expect(await sessions.end('a')).toBe(false);
    });

    test('a use is noted, and brings no session back that was ended', async () => {
      const sessions = await open();
      await sessions.begin(session('a'), MANY);
      await sessions.use('a', 1_764_086_400_000_009);
      expect(await sessions.get('a')).toEqual(session('a', { usedAt: 1_764_086_400_000_009 }));
      await sessions.end('a');
      await sessions.use('a', 1_764_086_400_000_010);
      expect(await sessions.get('a')).toBeUndefined();
    });

    test('what it is of is replaced, beside its uses, and brings no session back', async () => {
      const sessions = await open();
      await sessions.begin(session('a'), MANY);
      await Promise.all([sessions.reseal('a', 'y'), sessions.use('a', 1_764_086_400_000_009)]);
      expect(await sessions.get('a')).toMatchObject({ sealed: 'y', startedAt: session('a').startedAt });
      await sessions.end('a');
      await sessions.reseal('a', 'z');
      expect(await sessions.get('a')).toBeUndefined();
    });

    test('an id is begun once', async () => {
      const sessions = await open();
      await sessions.begin(session('a'), MANY);
      await expect(sessions.begin(session('a', { owner: 'another' }), MANY)).rejects.toThrow();
      expect(await sessions.get('a')).toMatchObject({ owner: 'o' });
    });

    test('the sessions of an owner are listed newest first', async () => {
      const sessions = await open();
      expect(await sessions.of('o')).toEqual([]);
      const kept = [
        session('a', { startedAt: 1 }),
        session('b', { startedAt: 3 }),
        session('c', { startedAt: 2, owner: 'another' }),
      ];
      for (const each of kept) await sessions.begin(each, MANY);
      expect(await sessions.of('o')).toEqual([kept[1], kept[0]]);
      await sessions.end('b');
      expect(await sessions.of('o')).toEqual([kept[0]]);
    });

    test('of one owner, and in all, so many are kept: those that were used longest ago end', async () => {
      const sessions = await open();
      const bounds = { ofOwner: 2, inAll: 4 };
      const kept = async () => {
        const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
        const there = await Promise.all(names.map((name) => sessions.get(name)));
        return names.filter((_, i) => there[i] !== undefined).join('');
      };
      await sessions.begin(session('a', { usedAt: 1 }), bounds);
      await sessions.begin(session('b', { usedAt: 2 }), bounds);
      await sessions.use('a', 3);
      await sessions.begin(session('c', { usedAt: 4 }), bounds);
      expect(await kept()).toBe('ac');
      await sessions.begin(session('d', { usedAt: 5, owner: 'p' }), bounds);
      await sessions.begin(session('e', { usedAt: 6, owner: 'q' }), bounds);
      expect(await kept()).toBe('acde');
      await sessions.begin(session('f', { usedAt: 7, owner: 'r' }), bounds);
      expect(await kept()).toBe('cdef');
      // One whose clock is behind does not end what it begins.
      await sessions.begin(session('g', { usedAt: 0, owner: 's' }), bounds);
      expect(await kept()).toBe('defg');
    });

    test('a flood of one owner ends none of another, and none of what it is not', async () => {
      const sessions = await open();
      const bounds = { ofOwner: 3, inAll: 10 };
      await sessions.begin(session('mine', { usedAt: 1 }), bounds);
      for (let i = 0; i < 20; i++)
        await sessions.begin(session(`flood-${i}`, { owner: 'another', usedAt: 2 + i }), bounds);
      expect((await sessions.of('another')).map(({ digest }) => digest).toSorted()).toEqual([
        'flood-17',
        'flood-18',
        'flood-19',
      ]);
      expect(await sessions.of('o')).toHaveLength(1);
    });

    test('those that ended before, or were not used since, are forgotten', async () => {
      const sessions = await open();
      await sessions.begin(session('a', { endsAt: 10, usedAt: 5 }), MANY);
      await sessions.begin(session('b', { endsAt: 11, usedAt: 5 }), MANY);
      await sessions.begin(session('c', { endsAt: 11, usedAt: 4 }), MANY);
      await sessions.forget(11, 5);
      const there = await Promise.all(['a', 'b', 'c'].map((digest) => sessions.get(digest)));
      expect(there.map((each) => each?.digest)).toEqual([undefined, 'b', undefined]);
    });
  });
}
