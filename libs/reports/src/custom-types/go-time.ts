import { argumentProblem, count, Struct, type Shape } from '@margay/go-template';

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const two = (value: number): string => String(value).padStart(2, '0');

/** What a part of Go's reference time stands for. Longer ones first. All times are in UTC. */
const PARTS: readonly (readonly [written: string, text: (time: Date) => string])[] = [
  ['January', (time) => MONTHS[time.getUTCMonth()]!],
  ['Monday', (time) => DAYS[time.getUTCDay()]!],
  ['Z07:00', () => 'Z'],
  ['-07:00', () => '+00:00'],
  ['-0700', () => '+0000'],
  ['2006', (time) => String(time.getUTCFullYear()).padStart(4, '0')],
  ['.000000', (time) => `.${String(time.getUTCMilliseconds()).padStart(3, '0')}000`],
  ['.000', (time) => `.${String(time.getUTCMilliseconds()).padStart(3, '0')}`],
  ['Jan', (time) => MONTHS[time.getUTCMonth()]!.slice(0, 3)],
  ['Mon', (time) => DAYS[time.getUTCDay()]!.slice(0, 3)],
  ['MST', () => 'UTC'],
  ['01', (time) => two(time.getUTCMonth() + 1)],
  ['02', (time) => two(time.getUTCDate())],
  ['03', (time) => two(time.getUTCHours() % 12 || 12)],
  ['04', (time) => two(time.getUTCMinutes())],
  ['05', (time) => two(time.getUTCSeconds())],
  ['06', (time) => two(time.getUTCFullYear() % 100)],
  ['15', (time) => two(time.getUTCHours())],
  ['_2', (time) => String(time.getUTCDate()).padStart(2)],
  ['PM', (time) => (time.getUTCHours() < 12 ? 'AM' : 'PM')],
  ['pm', (time) => (time.getUTCHours() < 12 ? 'am' : 'pm')],
  ['1', (time) => String(time.getUTCMonth() + 1)],
  ['2', (time) => String(time.getUTCDate())],
  ['3', (time) => String(time.getUTCHours() % 12 || 12)],
  ['4', (time) => String(time.getUTCMinutes())],
  ['5', (time) => String(time.getUTCSeconds())],
];

/** A time as Go's `Format` writes it: the layout shows how the second of January 2006, 15:04:05, would look. */
function format(time: Date, layout: string): string {
  let text = '';
  for (let at = 0; at < layout.length;) {
    const part = PARTS.find(([written]) => layout.startsWith(written, at));
    text += part === undefined ? layout[at]! : part[1](time);
    at += part === undefined ? 1 : part[0].length;
  }
  return text;
}

const timeOf = (json: unknown): Date => new Date(typeof json === 'string' ? json : '0001-01-01T00:00:00Z');

/** A time in RFC 3339, to the second, as the old product wrote all of them. */
export const rfc3339 = (json: unknown): string => format(timeOf(json), '2006-01-02T15:04:05Z07:00');

/** A Go time, made of an RFC 3339 text. */
export const TIME: Shape = {
  name: 'Time',
  fields: [],
  text: (json) => format(timeOf(json), '2006-01-02 15:04:05 -0700 MST'),
  methods: {
    Format: (json, args) => {
      const [layout] = count(args, 1);
      return typeof layout === 'string' ? format(timeOf(json), layout) : argumentProblem('wants a layout');
    },
    Unix: (json) => BigInt(Math.floor(timeOf(json).getTime() / 1_000)),
    String: (json) => format(timeOf(json), '2006-01-02 15:04:05 -0700 MST'),
    UTC: (json) => new Struct(TIME, json),
  },
};
