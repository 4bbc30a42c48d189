/**
 * Ways in: log files that grow and rotate, HTTP receivers that answer when things are durable, topics of raw records.
 *
 * A *source* is a place that things are read from, and an *origin* is a place in it. What is read are texts: what they
 * mean is the business of the services. Receivers are Nest and have a door of their own, `@margay/sources/nest`.
 */
export { type Line, readLines } from './file/read-lines.ts';
export { placesInLogs, type PlaceInLog } from './file/places-in-logs.ts';
export { type LogFile, logFileOf } from './file/log-file.ts';
export { logsNamed } from './file/folders.ts';
export { checkLogs } from './file/unopened.ts';
export { folderFor } from './file/folder-for.ts';
export { type Positions, openPositions } from './file/positions.ts';
export { openEmbeddedPositions } from './file/embedded-positions.ts';
export { type Stretch, readLog, followLog } from './file/read-log.ts';
export { requestPosition, sentAt } from './http/request-position.ts';
export { type UnusableReason, isTooMuch, unusableWords } from './http/unusable.ts';
export { receiverSettings, receiverConfigOf, receiverProblems } from './http/settings.ts';
export { topicTexts } from './topic/topic-texts.ts';
export { type TopicLoss, topicLoss } from './topic/topic-loss.ts';
