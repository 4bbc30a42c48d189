/** The token of the process's log. */
export const LOG = 'LOG';

/** The token of the process's metrics. */
export const METRICS = 'METRICS';
