/** How a source is, as `/readyz` shows it. Times are milliseconds since the epoch, lengths milliseconds. */
export interface SourceLook {
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
