import { hubNews, logCheckpoints, parentRunsSettled, topics } from '@margay/contracts';

const FOR_OTHERS: readonly string[] = [parentRunsSettled.name, logCheckpoints.name, hubNews.name];

/** The topics that services of a cell read: all but the heads of the log of reports, and what hubs and programs downstream are told. */
export const topicsRead = topics.filter(({ name }) => !FOR_OTHERS.includes(name));
