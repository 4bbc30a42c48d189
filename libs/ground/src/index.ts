/**
 * What every other library stands on: instants and intervals, the order of texts and of resourceVersions, and how the
 * fields of JSON that may be amiss are read.
 *
 * Each of these is answered here once, so that two libraries never answer it differently. This library knows no other
 * one, does no I/O and never asks the time.
 */
export { at, fields, isFields, list, nonEmptyText, text, texts, textsByName, type Fields } from './fields.ts';
export { formatInstant, MINUTE, minuteOf, parseInstant, type Instant } from './instant.ts';
export { gapsIn, joined, type Interval, type Window } from './interval.ts';
export { compareTexts, sortedOnce } from './order.ts';
export { compareResourceVersions } from './resource-version.ts';
