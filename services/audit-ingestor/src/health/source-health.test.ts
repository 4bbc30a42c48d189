import { canarySource, fileSource, markOf, type CoverageMark } from '@margay/coverage';
import type { Reading } from '@margay/history';
import { describe, expect, test } from 'vitest';
import { SourceHealth } from './source-health.ts';

const SECOND = 1_000;
const INTERVAL = 30 * SECOND;
const BEGUN = Date.UTC(2026, 10, 26);
const name = (sequence: number, server = 'a:6443') => ({ writer: 'w', server, servers: 2, sequence });

/** A log and canaries each half minute, that come a second later. */
class Story {
  readonly health: SourceHealth;
  #position = 1;
  #passed = 0;
  /** By how much the time of day is ahead of the time that went by. */
  #ahead = 0;

  constructor(isShared?: (source: string) => boolean) {
    this.health = new SourceHealth('c', isShared, () => this.#passed);
  }

  write(sequence: number, server = 'a:6443'): this {
    this.health.wrote({ ...name(sequence, server), sent: sequence * INTERVAL });
    return this;
  }

  /** From now on the clock tells so much more, or less. */
  setClock(by: number): this {
    this.#ahead += by;
    return this;
  }

  /** What the clock shows when so much time has gone by. */
  #clockAt(passed: number): number {
    this.#passed = passed;
    return BEGUN + passed + this.#ahead;
  }

  see(sequence: number, { server = 'a:6443', source = 'audit.log', late = SECOND } = {}): this {
    const at = this.at(sequence) * 1_000;
    const reading: Reading = { kind: 'ignored', reason: 'canary', at, canary: name(sequence, server) };
    this.health.delivered(this.#mark(source, reading), this.#clockAt(sequence * INTERVAL + late));
    return this;
  }

  deliver(reading: Reading, at: number, source = 'audit.log'): this {
    this.health.delivered(this.#mark(source, reading), this.#clockAt(at));
    return this;
  }

  #mark(source: string, reading: Reading): CoverageMark {
    const position = this.#position++;
    const text = source.startsWith('watch/') ? `${source}@me` : fileSource(source, '0123456789abcdef');
    return markOf(text, position, position + 1, [{ position, reading }]);
  }

  at = (sequence: number): number => BEGUN + sequence * INTERVAL;

  silentAt(milliseconds: number): (number | undefined)[] {
    return this.health
      .look(this.#clockAt(milliseconds))
      .flatMap(({ canaries }) => canaries.map(({ silentSince }) => silentSince && silentSince - BEGUN));
  }
}

describe('a source that had canaries and has none any more is silent', () => {
  const story = () => new Story().write(1).see(1).write(2);
  test.each([
    ['not while the next one is on its way', 2 * INTERVAL + 4 * SECOND, [undefined]],
    ['within 35 seconds of the last that came', INTERVAL + SECOND + 35 * SECOND, [INTERVAL + SECOND]],
    ['and for as long as none comes', 10 * INTERVAL, [INTERVAL + SECOND]],
  ])('%s', (_, at, silent) => {
    expect(story().silentAt(at)).toEqual(silent);
  });

  test('it is not when it comes after all', () => {
    expect(
      story()
        .see(2, { late: 20 * SECOND })
        .silentAt(2 * INTERVAL + 25 * SECOND),
    ).toEqual([undefined]);
  });

  test('one that takes its time is waited for twice as long', () => {
    const slow = new Story()
      .write(1)
      .see(1, { late: 20 * SECOND })
      .write(2);
    expect(slow.silentAt(2 * INTERVAL + 39 * SECOND)).toEqual([undefined]);
    expect(slow.silentAt(2 * INTERVAL + 41 * SECOND)).toEqual([INTERVAL + 20 * SECOND]);
  });

  test('quiet is no silence: what was not written need not come', () => {
    expect(
      new Story()
        .write(1)
        .see(1)
        .silentAt(100 * INTERVAL),
    ).toEqual([undefined]);
  });

  test('each API server and each source by itself', () => {
    const two = new Story().write(1).write(1, 'b:6443');
    two.see(1).see(1, { server: 'b:6443' }).see(1, { source: 'webhook.log' });
    two.write(2).write(2, 'b:6443').see(2);
    expect(two.silentAt(3 * INTERVAL)).toEqual([undefined, INTERVAL + SECOND, INTERVAL + SECOND]);
  });

  test('not where it may have come to another process', () => {
    const shared = new Story((source) => source === 'webhook:kube-1');
    shared.write(1).see(1, { source: 'webhook:kube-1' }).see(1).write(2);
    expect(shared.silentAt(10 * INTERVAL)).toEqual([INTERVAL + SECOND, undefined]);
  });

  test('an old log that is read again says nothing', () => {
    const again = new Story()
      .write(1)
      .see(1)
      .write(2)
      .see(2)
      .see(1, { late: 5 * INTERVAL });
    expect(again.silentAt(3 * INTERVAL)).toEqual([undefined]);
  });

  test('an API server that is no more is missed by nobody', () => {
    const gone = story();
    gone.health.keepServers(['b:6443']);
    expect(gone.silentAt(10 * INTERVAL)).toEqual([]);
  });
});

describe('the clock is set an hour forth or back, and time goes by as it does', () => {
  test.each([3_600, -3_600, 60, -60].map((seconds) => [seconds * SECOND]))(
    'by %d ms: what is under way is not missed, and what does not come is within its limit',
    (by) => {
      const story = () => new Story().write(1).see(1).write(2).setClock(by);
      expect(story().silentAt(2 * INTERVAL + 4 * SECOND)).toEqual([undefined]);
      expect(story().silentAt(INTERVAL + SECOND + 35 * SECOND)).toEqual([INTERVAL + SECOND]);
      const delivering = story().see(2).write(3);
      expect(delivering.silentAt(3 * INTERVAL + 4 * SECOND)).toEqual([undefined]);
      // It is not waited for longer than it ever took.
      expect(delivering.silentAt(3 * INTERVAL + 6 * SECOND)).toEqual([2 * INTERVAL + SECOND + by]);
    },
  );
});

test('a log that has none of an API server’s canaries is told, where there is a log', () => {
  const story = new Story();
  for (const sequence of [1, 2, 3]) story.write(sequence).write(sequence, 'b:6443').see(sequence);
  expect(story.health.unheard(() => true)).toEqual(['b:6443']);
  expect(story.health.unheard(() => false)).toEqual([]);
});

test('how a source is: its last delivery, how late it is, its longest silence, the way of a canary', () => {
  const story = new Story()
    .write(1)
    .see(1)
    .deliver({ kind: 'ignored', reason: 'read-only', at: (BEGUN + 90 * SECOND) * 1_000 }, 100 * SECOND);
  expect(story.health.look(BEGUN + 110 * SECOND)).toEqual([
    {
      cluster: 'c',
      source: 'audit.log',
      isHeard: true,
      lastDelivery: BEGUN + 100 * SECOND,
      lag: 20 * SECOND,
      longestSilence: 69 * SECOND,
      canaries: [{ server: 'a:6443', lastSeen: BEGUN + INTERVAL + SECOND, roundTrip: SECOND }],
    },
  ]);
});

test('a kind that may not be watched has a problem until it may', () => {
  const refused: Reading = {
    kind: 'doubtful',
    reason: 'unwatched',
    at: BEGUN * 1_000,
    message: 'pods is forbidden',
  };
  const story = new Story().deliver(refused, 0, 'watch/pods');
  expect(story.health.look(BEGUN)).toMatchObject([{ isHeard: false, problem: 'pods is forbidden' }]);
  story.deliver({ kind: 'ignored', reason: 'bookmark', at: BEGUN * 1_000 }, SECOND, 'watch/pods');
  const [look] = story.health.look(BEGUN + SECOND);
  expect(look?.isHeard).toBe(true);
  expect(look?.problem).toBeUndefined();
});

test('what a writer says of canaries is no source', () => {
  const story = new Story();
  story.health.delivered(markOf(canarySource('w'), 1, 2, []), BEGUN);
  expect(story.health.look(BEGUN)).toEqual([]);
});
