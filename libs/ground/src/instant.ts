/**
 * Microseconds since the Unix epoch, UTC: the precision of audit events.
 *
 * A whole number below 2^53 until the year 2255.
 */
export type Instant = number;

/** Lengths of time, in microseconds. */
export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The first instant of the minute. */
export const minuteOf = (at: Instant): Instant => Math.floor(at / MINUTE) * MINUTE;

/**
 * The instant of an RFC 3339 text, or undefined where it is none or lies beyond the year 2255. Digits beyond
 * microseconds are cut off.
 *
 * Written by hand because it runs two times for each event: `2026-11-24T01:02:03.456789Z`.
 */
export function parseInstant(text: unknown): Instant | undefined {
  if (typeof text !== 'string' || text.length < 20 || !hasSeparators(text)) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  let micros = 0;
  let i = 19;
  if (text.charCodeAt(i) === DOT) {
    const begin = ++i;
    while (isDigit(text.charCodeAt(i))) i++;
    if (i === begin || i - begin > 9) return undefined;
    const kept = Math.min(i, begin + 6);
    micros = digits(text, begin, kept) * 10 ** (6 - (kept - begin));
  }
  const zone = zoneMinutes(text, i);
  // A part that is no number fails every comparison.
  const isDate = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  if (!isDate || !(hour <= 23) || !(minute <= 59) || !(second <= 59) || zone === undefined) return undefined;
  const seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3_600 + (minute - zone) * 60 + second;
  const instant = seconds * 1_000_000 + micros;
  return Number.isSafeInteger(instant) ? instant : undefined;
}

const DOT = 46;
const MINUS = 45;
const PLUS = 43;

function hasSeparators(text: string): boolean {
  return (
    text.charCodeAt(4) === MINUS &&
    text.charCodeAt(7) === MINUS &&
    (text[10] === 'T' || text[10] === 't') &&
    text[13] === ':' &&
    text[16] === ':'
  );
}

const isDigit = (code: number) => code >= 48 && code <= 57;

/** The number that stands in `[from, to)`; NaN where something else does. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i);
    if (!isDigit(code)) return NaN;
    number = number * 10 + code - 48;
  }
  return number;
}

/** Minutes east of UTC of the zone that is the rest of the text. */
function zoneMinutes(text: string, from: number): number | undefined {
  const sign = text.charCodeAt(from);
  if (text[from] === 'Z' || text[from] === 'z') return text.length === from + 1 ? 0 : undefined;
  if ((sign !== PLUS && sign !== MINUS) || text.length !== from + 6 || text[from + 3] !== ':')
    return undefined;
  const hours = digits(text, from + 1, from + 3);
  const minutes = digits(text, from + 4, from + 6);
  if (!(hours <= 23) || !(minutes <= 59)) return undefined;
  return (sign === MINUS ? -1 : 1) * (hours * 60 + minutes);
}

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days of the Gregorian calendar; years are counted from March, so that a leap day is the last of its year. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + dayOfYear - 719_468;
}

/** RFC 3339 in UTC with as many digits as the instant needs: none, three or six. */
export function formatInstant(instant: Instant): string {
  const micros = ((instant % 1_000_000) + 1_000_000) % 1_000_000;
  const seconds = new Date((instant - micros) / 1000).toISOString().slice(0, 19);
  if (micros === 0) return `${seconds}Z`;
  const digits = String(micros).padStart(6, '0');
  return `${seconds}.${digits.endsWith('000') ? digits.slice(0, 3) : digits}Z`;
}

/** RFC 3339 in UTC with six digits, always, as Go prints a MicroTime: what stands in tables lines up, and sorts as text. */
export function formatMicros(instant: Instant): string {
  return microsOf(formatInstant(instant));
}

/** The text of an instant in UTC, as `formatInstant` writes it, with six digits; any other text as it is. */
export function microsOf(text: string): string {
  return text.replace(
    /(?<=T\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?Z$/,
    (_, digits = '') => `.${String(digits).padEnd(6, '0')}Z`,
  );
}

/** RFC 3339 in UTC and whole seconds, as Kubernetes writes its times; what is beyond them is cut off. */
export function formatSeconds(instant: Instant): string {
  return formatInstant(Math.floor(instant / SECOND) * SECOND);
}

/** A length of time in words, its two greatest parts: `12 s`, `4 min 16 s`, `6 h 1 min`. */
export function lengthInWords(length: number): string {
  const seconds = Math.round(length / SECOND);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3_600), 'h'],
    [Math.floor((seconds % 3_600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  const said = parts.filter(([n]) => n > 0).slice(0, 2);
  return said.length === 0 ? 'under 1 s' : said.map(([n, unit]) => `${n} ${unit}`).join(' ');
}
