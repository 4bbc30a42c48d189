import type { Metrics } from '../../metrics/metrics.ts';

/** How a source is, as `/readyz` shows it. Times are milliseconds since the epoch, lengths milliseconds. */
export interface SourceLook {
  readonly cluster: string;
  readonly source: string;
  /** Whether it delivered anything since the process began. */
  readonly isHeard: boolean;
  readonly lastDelivery: number;
  /** How old the newest that it delivered is by its own clock. */
  readonly lag?: number;
  readonly longestSilence: number;
  /** Of each API server whose canaries come in it. */
  readonly canaries: readonly {
    readonly server: string;
    readonly lastSeen: number;
    /** From the canary's request to here. */
    readonly roundTrip?: number;
    /** Canaries were written since, and did not come. */
    readonly silentSince?: number;
  }[];
  /** Why it cannot be had. */
  readonly problem?: string;
}

/** When a source delivered. Times are milliseconds since the epoch, lengths milliseconds. */
export interface Heard {
  readonly lastDelivery: number;
  /** The newest that it delivered, by its own clock. */
  readonly newest?: number;
  readonly longestSilence: number;
}

/** A source delivered. @param known what was known of it, if it had delivered before. @param newest by its own clock. */
export function heardAgain(known: Heard | undefined, now: number, newest?: number): Heard {
  const latest = newest === undefined ? known?.newest : Math.max(known?.newest ?? 0, newest);
  return {
    lastDelivery: now,
    ...(latest !== undefined && { newest: latest }),
    longestSilence: silenceAt(known, now),
  };
}

const silenceAt = (known: Heard | undefined, now: number): number =>
  known === undefined ? 0 : Math.max(known.longestSilence, now - known.lastDelivery);

/** What a look at a source says of its deliveries. */
export const lookAtDeliveries = (
  heard: Heard,
  now: number,
): Pick<SourceLook, 'lastDelivery' | 'lag' | 'longestSilence'> => ({
  lastDelivery: heard.lastDelivery,
  ...(heard.newest !== undefined && { lag: Math.max(0, now - heard.newest) }),
  longestSilence: silenceAt(heard, now),
});

/** Shows in the metrics when a source delivered last, and how long it was silent. */
export function measureDeliveries(
  metrics: Metrics,
  { cluster, source, lastDelivery, longestSilence }: SourceLook,
): void {
  metrics.lastDeliverySeconds.set(lastDelivery / 1_000, { cluster, source });
  metrics.longestSilenceSeconds.set(longestSilence / 1_000, { cluster, source });
}

/** As it is printed: instants as RFC 3339, lengths in seconds. */
export interface PrintedSource {
  readonly lastDelivery: string;
  readonly lagSeconds?: number;
  readonly longestSilenceSeconds: number;
  readonly canaries?: Readonly<
    Record<
      string,
      { readonly lastSeen: string; readonly roundTripSeconds?: number; readonly silentSince?: string }
    >
  >;
  readonly problem?: string;
}

const instant = (milliseconds: number) => new Date(milliseconds).toISOString();
const seconds = (milliseconds: number) => Math.round(milliseconds) / 1_000;

export function printedSource(look: SourceLook): PrintedSource {
  const { lastDelivery, lag, longestSilence, canaries, problem } = look;
  return {
    lastDelivery: instant(lastDelivery),
    ...(lag !== undefined && { lagSeconds: seconds(lag) }),
    longestSilenceSeconds: seconds(longestSilence),
    ...(canaries.length > 0 && {
      canaries: Object.fromEntries(
        canaries.map(({ server, lastSeen, roundTrip, silentSince }) => [
          server,
          {
            lastSeen: instant(lastSeen),
            ...(roundTrip !== undefined && { roundTripSeconds: seconds(roundTrip) }),
            ...(silentSince !== undefined && { silentSince: instant(silentSince) }),
          },
        ]),
      ),
    }),
    ...(problem !== undefined && { problem }),
  };
}
