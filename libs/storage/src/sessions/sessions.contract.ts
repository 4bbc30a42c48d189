import { describe, expect, test } from 'vitest';
import type { KeptSession, Sessions } from './sessions.ts';

const session = (digest: string, more: Partial<KeptSession> = {}): KeptSession => ({
  digest,
  owner: 'o',
  sealed: 'x'.repeat(40_000),
  startedAt: 1_764_086_400_000_001,
  usedAt: 1_764_086_400_000_001,
  endsAt: 1_764_172_800_000_000,
  ...more,
});

/** What all sessions must do. `open` gives empty ones. */
export function sessionsContract(name: string, open: () => Promise<Sessions>) {
  describe(`sessions contract: ${name}`, () => {
    test('a session is there until it is ended, by one of those who end it', async () => {
      const sessions = await open();
      expect(await sessions.get('a')).toBeUndefined();
      await sessions.begin(session('a'));
      expect(await sessions.get('a')).toEqual(session('a'));
      const ended = await Promise.all([1, 2, 3, 4].map(() => sessions.end('a')));
      expect(ended.filter(Boolean)).toHaveLength(1);
      expect(await sessions.get('a')).toBeUndefined();
      expect(await sessions.end('a')).toBe(false);
    });

    test('a use is noted, and brings no session back that was ended', async () => {
      const sessions = await open();
      await sessions.begin(session('a'));
      await sessions.use('a', 1_764_086_400_000_009);
      expect(await sessions.get('a')).toEqual(session('a', { usedAt: 1_764_086_400_000_009 }));
      await sessions.end('a');
      await sessions.use('a', 1_764_086_400_000_010);
      expect(await sessions.get('a')).toBeUndefined();
    });

    test('an id is begun once', async () => {
      const sessions = await open();
      await sessions.begin(session('a'));
      await expect(sessions.begin(session('a', { owner: 'another' }))).rejects.toThrow();
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
      for (const each of kept) await sessions.begin(each);
      expect(await sessions.of('o')).toEqual([kept[1], kept[0]]);
      await sessions.end('b');
      expect(await sessions.of('o')).toEqual([kept[0]]);
    });

    test('those that ended before are forgotten', async () => {
      const sessions = await open();
      await sessions.begin(session('a', { endsAt: 10 }));
      await sessions.begin(session('b', { endsAt: 11 }));
      await sessions.forget(11);
      expect([await sessions.get('a'), (await sessions.get('b'))?.digest]).toEqual([undefined, 'b']);
    });
  });
}
