/**
 * Microseconds since the Unix epoch, UTC: the precision of audit events.
 *
 * A whole number below 2^53 until the year 2255.
 */
export type Instant = number;

/** `[start, end)`: `start` belongs to it, `end` to the next one. */
export interface Window {
  readonly start: Instant;
  readonly end: Instant;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})$/;

/** The instant of an RFC 3339 text, or undefined where it is none. Digits beyond microseconds are cut off. */
export function parseInstant(text: unknown): Instant | undefined {
  const [, date, time, fraction = '', zone] = (typeof text === 'string' && RFC3339.exec(text)) || [];
  if (date === undefined) return undefined;
  const milliseconds = Date.parse(`${date}T${time}${zone?.toUpperCase()}`);
  return Number.isNaN(milliseconds)
    ? undefined
    : milliseconds * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
}

/** RFC 3339 in UTC with as many digits as the instant needs: none, three or six. */
export function formatInstant(instant: Instant): string {
  const micros = ((instant % 1_000_000) + 1_000_000) % 1_000_000;
  const seconds = new Date((instant - micros) / 1000).toISOString().slice(0, 19);
  if (micros === 0) return `${seconds}Z`;
  const digits = String(micros).padStart(6, '0');
  return `${seconds}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`;
}
