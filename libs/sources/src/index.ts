/**
 * Ways in: log files that grow and rotate, HTTP receivers that answer when things are durable, topics of raw records.
 *
 * A *source* is a place that things are read from, and an *origin* is a place in it. What is read are texts: what they
 * mean is the business of the services. Receivers are Nest and have a door of their own, `@margay/sources/nest`.
 */
export * from './file/read-lines.ts';
export * from './file/follow-lines.ts';
export * from './file/positions.ts';
export * from './file/read-log.ts';
export * from './http/credentials.ts';
export * from './http/request-position.ts';
export * from './http/settings.ts';
export * from './texts.ts';
export * from './topic/topic-texts.ts';
