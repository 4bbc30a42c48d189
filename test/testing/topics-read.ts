import { logCheckpoints, topics } from '@margay/contracts';

/** The topics that services of Margay read: all but the heads of the log of reports, which are for others. */
export const topicsRead = topics.filter(({ name }) => name !== logCheckpoints.name);
