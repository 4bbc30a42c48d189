import { hubNews, logCheckpoints, topics } from '@margay/contracts';

const FOR_OTHERS: readonly string[] = [logCheckpoints.name, hubNews.name];

/** The topics that services of a cell read: all but the heads of the log of reports and what hubs are told, which are for others. */
export const topicsRead = topics.filter(({ name }) => !FOR_OTHERS.includes(name));
