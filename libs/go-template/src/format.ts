import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { Budget } from './budget.ts';
import { characterCount, firstCharacters, inPieces, joined } from './texts.ts';
import { Struct } from './value.ts';
import { isList, isMap, isNil, sortedEntries, typeName } from './kinds.ts';
import { type Value } from './value.ts';

/** A value as Go's `print` writes it. */
export function textOf(value: Value, budget: Budget): string {
  return formatted('v', value, { budget });
}

/** A value where a template writes it: what is not there is `<no value>`. */
export const shownText = (value: Value, budget: Budget): string =>
  value === undefined || value === null ? '<no value>' : textOf(value, budget);

/** Go's `fmt.Sprint`: blanks between two values of which none is a string. */
export function sprint(values: readonly Value[], budget: Budget): string {
  const texts = values.map((value, at) => {
    const before = values[at - 1];
    const spaced = at > 0 && typeof value !== 'string' && typeof before !== 'string';
    return (spaced ? ' ' : '') + textOf(value, budget);
  });
  return joined(texts, '', budget);
}

/** Go's `fmt.Sprintln`. */
export const sprintln = (values: readonly Value[], budget: Budget): string =>
  `${joined(
    values.map((value) => textOf(value, budget)),
    ' ',
    budget,
  )}\n`;

interface Flags {
  readonly budget: Budget;
  readonly minus?: boolean;
  readonly plus?: boolean;
  readonly sharp?: boolean;
  readonly space?: boolean;
  readonly zero?: boolean;
  readonly width?: number;
  readonly precision?: number;
}

const DIRECTIVE = /%([-+# 0]*)(\*|\d+)?(?:(\.)(\*|-?\d*))?(\[\d*\])?([^]?)/gu;
/** As in Go: a wider one is no width. */
const WIDTH_MAX = 1_000_000;

/**
 * Go's `fmt.Sprintf`. What does not fit is written into the text as Go does: `%!d(string=hi)`.
 *
 * @throws RangeError for what is not supported: `%[1]d`, and of floats `%x`, `%b` and the sign `#`.
 */
export function sprintf(format: string, values: readonly Value[], budget: Budget): string {
  budget.each(format);
  let at = 0;
  const text = format.replaceAll(
    DIRECTIVE,
    (
      directive: string,
      signs: string,
      width?: string,
      point?: string,
      precision?: string,
      index?: string,
      verb?: string,
    ) => {
      if (index !== undefined || verb === '[')
        throw new RangeError(`${directive} is not supported in printf`);
      let wrong = '';
      let minus = signs.includes('-');
      const number = (written: string | undefined, name: 'WIDTH' | 'PREC'): number | undefined => {
        if (written !== '*') return written === undefined ? undefined : Number(written);
        const value = values[at++];
        if (typeof value === 'bigint' && value >= -WIDTH_MAX && value <= WIDTH_MAX) {
          if (value < 0 && name === 'WIDTH') minus = true;
          if (value >= 0 || name === 'WIDTH') return Math.abs(Number(value));
        }
        wrong += `%!(BAD${name})`;
        return undefined;
      };
      const wide = number(width, 'WIDTH');
      const precise = point === undefined ? undefined : number(precision === '' ? '0' : precision, 'PREC');
      if (wide !== undefined && wide > WIDTH_MAX) wrong += '%!(BADWIDTH)';
      if (precise !== undefined && precise > WIDTH_MAX)
        throw new RangeError(`a precision above ${WIDTH_MAX} is not supported in printf`);
      if (verb === '' || verb === undefined) return `${wrong}%!(NOVERB)`;
      if (verb === '%') return `${wrong}%`;
      if (at >= values.length) return `${wrong}%!${verb}(MISSING)`;
      const written =
        wrong +
        formatted(verb, values[at++], {
          budget,
          minus,
          // Of %+v it asks for names of fields, which only structs have.
          plus: signs.includes('+') && verb !== 'v',
          sharp: signs.includes('#'),
          space: signs.includes(' '),
          zero: signs.includes('0') && !minus,
          ...(wide !== undefined && wide <= WIDTH_MAX && { width: wide }),
          ...(precise !== undefined && { precision: precise }),
        });
      budget.text(written.length);
      return written;
    },
  );
  const extra = values
    .slice(at)
    .map((value) => (value === undefined || value === null ? '<nil>' : named(value, budget)));
  return extra.length === 0 ? text : `${text}%!(EXTRA ${joined(extra, ', ', budget)})`;
}

const named = (value: Value, budget: Budget): string => `${typeName(value)}=${textOf(value, budget)}`;
const misfit = (verb: string, value: Value, flags: Flags): string =>
  `%!${verb}(${typeName(value)}=${formatted('v', value, { ...flags, sharp: false })})`;

function formatted(verb: string, value: Value, flags: Flags): string {
  const { budget } = flags;
  budget.charge(1);
  if (verb === 'T') return padded(typeName(value), flags);
  if (isNil(value)) return verb === 'v' ? padded('<nil>', flags) : `%!${verb}(<nil>)`;
  if (typeof value !== 'object') return scalar(verb, value, flags) ?? misfit(verb, value, flags);
  if (verb === 'v' && flags.sharp)
    throw new RangeError(`%#v of ${typeName(value)} is not supported in printf`);
  if (value instanceof Struct && value.shape.text !== undefined && 'vsqxX'.includes(verb))
    return string(verb, value.shape.text(value.json), flags)!;
  const each = (element: Value): string => (isNil(element) ? '<nil>' : formatted(verb, element, flags));
  const all = <T>(elements: readonly T[], text: (element: T) => string): string =>
    joined(
      budget.within(() => elements.map(text)),
      ' ',
      budget,
    );
  if (isList(value)) return `[${all(value, each)}]`;
  if (isMap(value))
    return `map[${all(sortedEntries(value), ([key, field]) => `${each(key)}:${each(field)}`)}]`;
  return `{${all(value.values(), each)}}`;
}

function scalar(verb: string, value: boolean | bigint | number | string, flags: Flags): string | undefined {
  // Numbers are filled up to their precision and width with zeros; a text is cut.
  if (typeof value !== 'string') flags.budget.text((flags.precision ?? 0) + (flags.width ?? 0));
  if (typeof value === 'bigint') return integer(verb, value, flags);
  if (typeof value === 'number') return float(verb, value, flags);
  if (typeof value === 'string') return string(verb, value, flags);
  return 'tv'.includes(verb) ? padded(String(value), flags) : undefined;
}

function padded(text: string, { width = 0, minus, zero, budget }: Flags): string {
  if (width === 0) return text;
  budget.read(text);
  const missing = width - characterCount(text);
  if (missing <= 0) return text;
  budget.text(width);
  if (minus) return text + ' '.repeat(missing);
  return (zero ? '0' : ' ').repeat(missing) + text;
}

const BASES: Readonly<Record<string, readonly [base: number, prefix: string]>> = {
  d: [10, ''],
  v: [10, ''],
  b: [2, '0b'],
  o: [8, '0'],
  O: [8, ''],
  x: [16, '0x'],
  X: [16, '0X'],
};

function integer(verb: string, value: bigint, flags: Flags): string | undefined {
  if (verb === 'c' || verb === 'q') {
    const text = character(value);
    return padded(verb === 'c' ? text : quotedCharacter(text, flags), flags);
  }
  if (verb === 'U') {
    const code = BigInt.asUintN(64, value).toString(16).toUpperCase();
    const shown =
      flags.sharp && isRune(value) && PRINTABLE.test(character(value)) ? ` '${character(value)}'` : '';
    return padded(`U+${code.padStart(Math.max(4, flags.precision ?? 0), '0')}${shown}`, {
      ...flags,
      zero: false,
    });
  }
  const base = BASES[verb];
  if (base === undefined) return undefined;
  const { precision, width = 0, zero } = flags;
  if (precision === 0 && value === 0n) return padded('', { ...flags, zero: false });
  const [radix, prefix] = base;
  const sign = value < 0n ? '-' : flags.plus ? '+' : flags.space ? ' ' : '';
  const plain = (value < 0n ? -value : value).toString(radix);
  const digits = verb === 'X' ? plain.toUpperCase() : plain;
  const before = sign + (verb === 'O' ? '0o' : '') + (flags.sharp ? prefix : '');
  const filled =
    precision !== undefined
      ? digits.padStart(precision, '0')
      : zero
        ? digits.padStart(width - sign.length, '0')
        : digits;
  // Go writes the 0 of an octal number only where there is none yet.
  const isMarked = verb === 'o' && flags.sharp && filled.startsWith('0');
  return padded((isMarked ? sign : before) + filled, { ...flags, zero: false });
}

const isRune = (value: bigint): boolean =>
  value >= 0n && value <= 0x10_ff_ffn && (value < 0xd8_00n || value > 0xdf_ffn);
const character = (value: bigint): string => (isRune(value) ? String.fromCodePoint(Number(value)) : '�');

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

function escaped(one: string, quote: string, asciiOnly: boolean): string {
  if (one === quote) return `\\${quote}`;
  const known = ESCAPES[one];
  if (known !== undefined) return known;
  const code = one.codePointAt(0)!;
  if (PRINTABLE.test(one) && (!asciiOnly || code < 127)) return one;
  const hex = code.toString(16);
  if (code < 32 || code === 127) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xff_ff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}

const quotedCharacter = (text: string, { plus = false }: Flags): string => `'${escaped(text, "'", plus)}'`;

/** A text as a Go literal in double quotes. */
const quoted = (text: string, budget: Budget, asciiOnly = false): string =>
  `"${inPieces(text, (piece) => Array.from(piece, (one) => escaped(one, '"', asciiOnly)).join(''), budget)}"`;

function string(verb: string, value: string, flags: Flags): string | undefined {
  const { precision, sharp, plus, budget } = flags;
  if (precision !== undefined) budget.read(value);
  const text = precision === undefined ? value : firstCharacters(value, precision);
  switch (verb) {
    case 'v':
      return padded(sharp ? quoted(value, budget) : text, flags);
    case 's':
      return padded(text, flags);
    case 'q':
      // A raw string where that is asked for and possible.
      return padded(sharp && !isQuotedOnly(text, budget) ? `\`${text}\`` : quoted(text, budget, plus), flags);
    case 'x':
    case 'X': {
      // Each character is a byte at least, and more of them are not shown.
      const shown = precision === undefined ? value : value.slice(0, precision + 1);
      let at = 0;
      const hex = inPieces(
        shown,
        (piece) =>
          Array.from(utf8ToBytes(piece).subarray(0, (precision ?? Infinity) - at), (byte) => {
            const isFirst = at++ === 0;
            const before = `${flags.space && !isFirst ? ' ' : ''}${sharp && (isFirst || flags.space) ? '0x' : ''}`;
            return before + byte.toString(16).padStart(2, '0');
          }).join(''),
        budget,
      );
      return padded(verb === 'X' ? hex.toUpperCase() : hex, flags);
    }
    default:
      return undefined;
  }
}

/** Whether a text cannot stand between backquotes. */
function isQuotedOnly(text: string, budget: Budget): boolean {
  budget.read(text);
  // Controls below 128 but the tab, and what looks like none.
  return /[`\u007f\ufeff]|[^\P{Cc}\t\u0080-\u009f]/u.test(text);
}

function float(verb: string, value: number, flags: Flags): string | undefined {
  const kind = verb === 'v' ? 'g' : verb.toLowerCase();
  if (flags.sharp || 'xb'.includes(kind))
    throw new RangeError(`%${flags.sharp ? '#' : ''}${verb} of a float is not supported in printf`);
  if (!'efg'.includes(kind)) return undefined;
  const { precision, plus, space, zero, width = 0 } = flags;
  if (!Number.isFinite(value)) {
    const text = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    return padded(space && !plus ? text.replace('+', ' ') : text, { ...flags, zero: false });
  }
  const isNegative = value < 0 || Object.is(value, -0);
  const size = Math.abs(value);
  const digits =
    kind === 'g'
      ? general(size, precision)
      : kind === 'f'
        ? fixed(size, precision)
        : scientific(size, precision);
  const sign = isNegative ? '-' : plus ? '+' : space ? ' ' : '';
  const text = verb === 'E' || verb === 'G' ? digits.toUpperCase() : digits;
  return padded(sign + (zero ? text.padStart(width - sign.length, '0') : text), { ...flags, zero: false });
}

/** Digits of a number without its point, and the power of ten of the first one. */
interface Decimal {
  readonly digits: string;
  readonly power: number;
}

const formatPower = (power: number): string =>
  `e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;

/** More than any half between two short numbers has. */
const EXACT_DIGITS = 100;

/** So many significant digits of a number, halves rounded to even as Go does: JavaScript rounds them up. */
function significant(size: number, count: number): Decimal {
  const [written = '', exponent = ''] = size.toExponential(EXACT_DIGITS).split('e');
  const [digits, power] = [written.replace('.', ''), Number(exponent)];
  if (size === 0 || count >= digits.length)
    return { digits: digits.padEnd(count, '0').slice(0, count), power };
  if (count < 0) return { digits: '', power };
  const rest = digits.slice(count);
  const isHalf = /^50*$/.test(rest);
  const isOdd = '13579'.includes(digits[count - 1] ?? '0');
  if (isHalf ? !isOdd : rest < '5') return { digits: digits.slice(0, count), power };
  const up = (BigInt(digits.slice(0, count) || '0') + 1n).toString();
  // 9.9 becomes 10.
  return up.length > count
    ? { digits: up.slice(0, Math.max(count, 1)), power: power + 1 }
    : { digits: up, power };
}

/** `%f`. */
function fixed(size: number, precision = 6): string {
  const { power: first } = significant(size, 101);
  const { digits, power } = significant(size, first + 1 + precision);
  // All digits down to the last one asked for, with those of a number below one in front.
  const all = digits === '' ? '' : '0'.repeat(Math.max(0, -power)) + digits;
  const text = all.padEnd((digits === '' ? 0 : Math.max(0, power)) + 1 + precision, '0');
  const whole = text.slice(0, text.length - precision);
  return precision === 0 ? whole : `${whole}.${text.slice(text.length - precision)}`;
}

/** `%e`. */
function scientific(size: number, precision = 6): string {
  const { digits, power } = significant(size, precision + 1);
  const fraction = digits.slice(1).padEnd(precision, '0');
  return `${digits[0]}${precision === 0 ? '' : `.${fraction}`}${formatPower(power)}`;
}

/** Shortest texts have an exponent from a million on. */
const SHORTEST_PLAIN_MAX = 6;

/** `%g`: the shortest text, or so many significant digits; with an exponent where it is small or large. */
function general(size: number, precision: number | undefined): string {
  if (size === 0) return '0';
  const wanted = precision === undefined ? undefined : Math.max(precision, 1);
  const [shortest = '', exponent = ''] = size.toExponential().split('e');
  const { digits: all, power } =
    wanted === undefined
      ? { digits: shortest.replace('.', ''), power: Number(exponent) }
      : significant(size, wanted);
  const digits = all.replace(/(?<=.)0+$/, '');
  const isShort = wanted !== undefined && wanted > digits.length && digits.length > power;
  const plainMax = wanted === undefined ? SHORTEST_PLAIN_MAX : isShort ? digits.length : wanted;
  if (power < -4 || power >= plainMax) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${digits[0]}${fraction}${formatPower(power)}`;
  }
  if (power < 0) return `0.${'0'.repeat(-power - 1)}${digits}`;
  if (digits.length <= power + 1) return digits.padEnd(power + 1, '0');
  return `${digits.slice(0, power + 1)}.${digits.slice(power + 1)}`;
}
