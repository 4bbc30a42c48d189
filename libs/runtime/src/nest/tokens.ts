/** The token of the process's log. */
export const LOG = 'LOG';

/** The token of the process's metrics. */
export const METRICS = 'METRICS';

/** The token of the clock: microseconds since the epoch, UTC. */
export const CLOCK = 'CLOCK';

/** What time it is, in microseconds since the epoch. */
export type Clock = () => number;

/** The clock of the machine. */
export const systemClock: Clock = () => Date.now() * 1_000;
