import { problemAtEnd, sourceName, tellsOfTime, type CoverageMark } from '@margay/coverage';
import { compareTexts, type CanaryName } from '@margay/ground';
import { heardAgain, lookAtDeliveries, type Heard, type SourceLook } from '@margay/runtime/nest';

/** A canary that was sent: when, in milliseconds by the clock that does not jump. */
export interface SentCanary extends CanaryName {
  readonly sent: number;
}

interface Seen {
  readonly writer: string;
  sequence: number;
  /** Milliseconds since the epoch. */
  at: number;
  /** By the clock that does not jump. */
  readonly came: number;
  roundTrips: number[];
}

interface Source {
  heard: Heard;
  /** Whether it ever delivered what was told, and not only that it cannot be had. */
  isHeard: boolean;
  /** Why it cannot be had just now. */
  problem?: string;
  /** By API server. */
  readonly canaries: Map<string, Seen>;
}

/** The least that a canary is waited for, in milliseconds; a source that is slower by itself is waited for twice as long as that. */
const WAIT_MILLISECONDS = 5_000;
const ROUND_TRIPS = 20;
/** So many canaries of an API server are remembered. */
const SENT_MAX = 50;
/** So many may come in no source before that is told: logs are read from where they were. */
const UNHEARD_MIN = 3;

/**
 * How the sources of one cluster are that this process has: when each last delivered, how late, how long it was silent, and what becomes of canaries.
 * Everything comes from the marks that are delivered and the canaries that are written; it asks nobody. How long a canary takes is told by
 * a clock that does not jump, whatever the time of day is set to meanwhile.
 */
export class SourceHealth {
  readonly #cluster: string;
  readonly #sources = new Map<string, Source>();
  /** By API server, oldest first: what it took. */
  readonly #sent = new Map<string, SentCanary[]>();
  readonly #notWritten = new Map<string, string>();
  /** Whether what a source does not deliver here may come to another process: then it is not called silent. */
  readonly #isShared: (source: string) => boolean;

  /** Milliseconds from any instant on, as time goes by. */
  readonly #passed: () => number;

  constructor(
    cluster: string,
    isShared: (source: string) => boolean = () => false,
    passed = () => performance.now(),
  ) {
    this.#cluster = cluster;
    this.#isShared = isShared;
    this.#passed = passed;
  }

  /** A mark was delivered. @param now milliseconds since the epoch, as everywhere here. */
  delivered(mark: CoverageMark, now: number): void {
    if (!tellsOfTime(mark.source)) return;
    const newest = mark.buckets.at(-1)?.last;
    const source = this.#heard(
      sourceName(mark.source),
      now,
      newest === undefined ? undefined : newest / 1_000,
    );
    const problem = problemAtEnd(mark);
    if (problem !== undefined) source.problem = problem;
    else if (mark.to > mark.from) {
      source.isHeard = true;
      delete source.problem;
    }
    for (const canary of mark.canaries ?? []) this.#see(source, canary, now);
  }

  /** A watch showed a canary. */
  watched(name: string, canary: Omit<CanaryName, 'servers'>, now: number): void {
    const source = this.#heard(name, now);
    source.isHeard = true;
    delete source.problem;
    this.#see(source, canary, now);
  }

  /** A source cannot be had, and why. */
  failed(name: string, problem: string, now: number): void {
    const source = this.#sources.get(name) ?? this.#heard(name, now);
    source.problem = problem;
  }

  /** An API server took a canary. */
  wrote(canary: SentCanary): void {
    const sent = this.#sent.get(canary.server) ?? [];
    this.#sent.set(canary.server, [...sent, canary].slice(-SENT_MAX));
    this.#notWritten.delete(canary.server);
    // It may be here before its answer is.
    for (const { canaries } of this.#sources.values()) {
      const seen = canaries.get(canary.server);
      if (seen?.writer === canary.writer && seen.sequence === canary.sequence)
        seen.roundTrips = [...seen.roundTrips, Math.max(0, seen.came - canary.sent)].slice(-ROUND_TRIPS);
    }
  }

  /** A canary could not be written, and why. */
  didNotWrite(server: string, why: string): void {
    this.#notWritten.set(server, why);
  }

  /** API servers through which nothing can be written just now, and why. */
  get notWritten(): ReadonlyMap<string, string> {
    return this.#notWritten;
  }

  /** API servers that are no more. */
  keepServers(servers: readonly string[]): void {
    for (const server of [...this.#sent.keys(), ...this.#notWritten.keys()]) {
      if (servers.includes(server)) continue;
      this.#sent.delete(server);
      this.#notWritten.delete(server);
      for (const { canaries } of this.#sources.values()) canaries.delete(server);
    }
  }

  #heard(name: string, now: number, newest?: number): Source {
    const known = this.#sources.get(name);
    const heard = heardAgain(known?.heard, now, newest);
    if (known !== undefined) {
      known.heard = heard;
      return known;
    }
    const source = { heard, isHeard: false, canaries: new Map() };
    this.#sources.set(name, source);
    return source;
  }

  #see({ canaries }: Source, { writer, server, sequence }: Omit<CanaryName, 'servers'>, now: number): void {
    const known = canaries.get(server);
    const isOld = known !== undefined && known.writer === writer && known.sequence >= sequence;
    if (isOld) return;
    const sent = this.#sent.get(server)?.find((one) => one.writer === writer && one.sequence === sequence);
    const came = this.#passed();
    // What is read of old logs, and what another process wrote, says nothing of how long it takes.
    const roundTrips = sent
      ? [...(known?.roundTrips ?? []), Math.max(0, came - sent.sent)].slice(-ROUND_TRIPS)
      : (known?.roundTrips ?? []);
    canaries.set(server, { writer, sequence, at: now, came, roundTrips });
  }

  /** How every source is, by name. */
  look(now: number): SourceLook[] {
    return [...this.#sources]
      .sort(([a], [b]) => compareTexts(a, b))
      .map(([name, source]) => ({
        cluster: this.#cluster,
        source: name,
        isHeard: source.isHeard,
        ...lookAtDeliveries(source.heard, now),
        canaries: [...source.canaries]
          .sort(([a], [b]) => compareTexts(a, b))
          .map(([server, seen]) => ({
            server,
            ...this.#lookAt(server, seen, this.#isShared(name)),
          })),
        ...(source.problem !== undefined && { problem: source.problem }),
      }));
  }

  #lookAt(server: string, { writer, sequence, at, roundTrips }: Seen, isShared: boolean) {
    const now = this.#passed();
    const wait = Math.max(WAIT_MILLISECONDS, 2 * Math.max(0, ...roundTrips));
    const sent = isShared ? [] : (this.#sent.get(server) ?? []);
    const overdue = sent.find(
      (one) => one.writer === writer && one.sequence > sequence && one.sent + wait < now,
    );
    const roundTrip = roundTrips.at(-1);
    return {
      lastSeen: at,
      ...(roundTrip !== undefined && { roundTrip }),
      ...(overdue && { silentSince: at }),
    };
  }

  /** API servers whose canaries are written and come in no log, though there are logs. @param isLog whether a source is one. */
  unheard(isLog: (source: string) => boolean): string[] {
    const logs = [...this.#sources].filter(([name]) => isLog(name));
    if (logs.length === 0) return [];
    return [...this.#sent]
      .filter(([server, sent]) => {
        const since = sent.length >= UNHEARD_MIN;
        return since && logs.every(([, { canaries }]) => !canaries.has(server));
      })
      .map(([server]) => server);
  }
}
