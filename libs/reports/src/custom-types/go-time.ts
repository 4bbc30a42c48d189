import { argumentProblem, count, Struct, type Shape } from '@margay/go-template';
import { type Instant, parseInstant, SECOND } from '@margay/ground';

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

/** A fraction of a second behind the seconds: noughts for so many digits, nines for those that are not noughts at the end. */
const FRACTION = /^[.,](0{1,9}|9{1,9})(?!\d)/;

/** A time as Go's `Format` writes it: the layout shows how the second of January 2006, 15:04:05, would look. */
function format(at: Instant, layout: string): string {
  const micros = ((at % SECOND) + SECOND) % SECOND;
  const time = new Date((at - micros) / 1_000);
  let text = '';
  for (let i = 0; i < layout.length;) {
    const [fraction, digits] = FRACTION.exec(layout.slice(i)) ?? [];
    const part = PARTS.find(([written]) => layout.startsWith(written, i));
    if (fraction !== undefined && digits !== undefined) text += fractionText(micros, fraction[0]!, digits);
    else text += part === undefined ? layout[i]! : part[1](time);
    i += (fraction ?? part?.[0] ?? ' ').length;
  }
  return text;
}

function fractionText(micros: number, point: string, digits: string): string {
  const all = `${String(micros).padStart(6, '0')}000`.slice(0, digits.length);
  if (digits.startsWith('0')) return `${point}${all}`;
  const kept = all.replace(/0+$/, '');
  return kept === '' ? '' : `${point}${kept}`;
}

const ZERO = parseInstant('0001-01-01T00:00:00Z')!;
const RFC3339 = '2006-01-02T15:04:05Z07:00';

/** The instant of a text, without what is beyond the precision. */
const instantOf = (json: unknown, precision = 1): Instant =>
  Math.floor((parseInstant(json) ?? ZERO) / precision) * precision;

/** A time in RFC 3339, to the second, as the old product wrote all of its own. */
export const rfc3339 = (json: unknown): string => format(instantOf(json), RFC3339);

interface GoTime {
  readonly shape: Shape;
  /** As it stands in JSON. */
  readonly json: (json: unknown) => string;
}

/** A Go time that is made of an RFC 3339 text, as it is after Go has written and read it: to its precision. */
function goTime(name: string, precision: number, inJson: string): GoTime {
  const at = (json: unknown) => instantOf(json, precision);
  const text = (json: unknown): string => format(at(json), '2006-01-02 15:04:05.999999999 -0700 MST');
  const shape: Shape = {
    name,
    fields: [],
    text,
    methods: {
      Format: (json, args, { budget }) => {
        const [layout] = count(args, 1);
        // Each character is looked for among the parts, and may become the name of a month.
        if (typeof layout === 'string') {
          budget.charge(layout.length);
          budget.text(9 * layout.length);
        }
        return typeof layout === 'string' ? format(at(json), layout) : argumentProblem('wants a layout');
      },
      Unix: (json) => BigInt(Math.floor(at(json) / SECOND)),
      String: text,
      UTC: (json) => new Struct(shape, json),
    },
  };
  return { shape, json: (json) => format(at(json), inJson) };
}

const TIMES = [
  goTime('Time', SECOND, RFC3339),
  goTime('MicroTime', 1, '2006-01-02T15:04:05.000000Z07:00'),
] as const;

/** Go's `metav1.Time`: JSON has it to the second. */
export const TIME: Shape = TIMES[0].shape;

/** Go's `metav1.MicroTime`, which audit events have: JSON has it with six digits, always. */
export const MICRO_TIME: Shape = TIMES[1].shape;

/** Whether a value is a time, and its JSON if it is. */
export const timeJson = ({ shape, json }: Struct): string | undefined =>
  TIMES.find((time) => time.shape === shape)?.json(json);
