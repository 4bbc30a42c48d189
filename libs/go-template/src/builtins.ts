import { compareTexts } from '@margay/ground';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { utf8 } from '@scure/base';
import type { Budget } from './budget.ts';
import { sprint, sprintf, sprintln } from './format.ts';
import { inPieces } from './texts.ts';
import { Struct, type MethodContext } from './value.ts';
import { isList, isNil, isMap, isTrue, typeName } from './kinds.ts';
import { type Value } from './value.ts';

/**
 * A function of templates: gets its arguments in order, a piped value last. What it throws is told with the template's
 * name and line.
 */
export type TemplateFunction = (args: readonly Value[], context: MethodContext) => Value;

/** Functions by name. */
export type Functions = Readonly<Record<string, TemplateFunction>>;

/** Says that the arguments of a function do not fit. */
export function argumentProblem(what: string): never {
  throw new RangeError(what);
}

/** Checks how many arguments there are. */
export function count(args: readonly Value[], min: number, max = min): readonly Value[] {
  if (args.length < min || args.length > max)
    argumentProblem(`wants ${min === max ? min : `${min} to ${max}`} arguments and has ${args.length}`);
  return args;
}

/** The functions of Go's `text/template`, `and` and `or` apart: these look at no more of their arguments than they must. */
export const BUILTINS: Functions = {
  not: (args) => !isTrue(count(args, 1)[0]),
  len: (args) => BigInt(lengthOf(count(args, 1)[0])),
  index: ([item, ...keys], { budget }) => {
    if (item === undefined || item === null) return argumentProblem('index of nil');
    return keys.reduce((of, key) => elementOf(of, key, budget), item);
  },
  slice,
  eq: (args, { budget }) => equals(args, budget),
  ne: (args, { budget }) => !equals(count(args, 2), budget),
  lt: (args) => isLess(count(args, 2)),
  le: (args, { budget }) => isLess(count(args, 2)) || equals(args, budget),
  gt: (args, { budget }) => !(isLess(count(args, 2)) || equals(args, budget)),
  ge: (args) => !isLess(count(args, 2)),
  print: (args, { budget }) => sprint(args, budget),
  println: (args, { budget }) => sprintln(args, budget),
  printf: ([format, ...values], { budget }) =>
    typeof format === 'string'
      ? sprintf(format, values, budget)
      : argumentProblem(`wants a format, not ${typeName(format)}`),
  html: escaping((piece) => piece.replaceAll(/[\0"'&<>]/g, (one) => HTML[one]!)),
  js: escaping((piece) => Array.from(piece, javascript).join('')),
  urlquery: escaping((piece) =>
    encodeURIComponent(piece.toWellFormed())
      .replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
      .replaceAll('%20', '+'),
  ),
};

/** A function that escapes texts: one text as it is, others as `print` writes them. */
function escaping(escaped: (piece: string) => string): TemplateFunction {
  return (args, { budget }) => {
    const shown = args.map((value) => (value === undefined || value === null ? '<no value>' : value));
    return inPieces(sprint(shown, budget), escaped, budget);
  };
}

const HTML: Readonly<Record<string, string>> = {
  '\0': '�',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function javascript(one: string): string {
  if ('\\\'"'.includes(one)) return `\\${one}`;
  if ('<>&='.includes(one) || !PRINTABLE.test(one)) {
    const code = one.codePointAt(0)!.toString(16).toUpperCase();
    return `\\u${code.padStart(4, '0')}`;
  }
  return one;
}

/** UTF-8 bytes of a text, elements of a list, keys of a map. */
function lengthOf(item: Value): number {
  if (typeof item === 'string') return byteCount(item);
  if (isList(item)) return item.length;
  if (isMap(item)) return item.size;
  return argumentProblem(`len of ${typeName(item)}`);
}

function byteCount(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at)!;
    if (code > 0x7f) count++;
    if (code > 0x7_ff) count++;
    // Two code units of JavaScript, four bytes.
    if (code > 0xff_ff) at++;
  }
  return count;
}

function position(key: Value, max: number): number {
  if (typeof key !== 'bigint') return argumentProblem(`an index is an integer, not ${typeName(key)}`);
  if (key < 0n || key > BigInt(max)) argumentProblem(`index out of range: ${key}`);
  return Number(key);
}

function elementOf(item: Value, key: Value, budget: Budget): Value {
  if (item === undefined || item === null) return argumentProblem('index of nil');
  if (typeof item === 'string') {
    budget.text(item.length);
    const bytes = utf8ToBytes(item);
    return BigInt(bytes[position(key, bytes.length - 1)]!);
  }
  if (isList(item)) return item[position(key, item.length - 1)];
  if (!isMap(item)) return argumentProblem(`cannot index ${typeName(item)}`);
  if (typeof key !== 'string') return argumentProblem(`a key is a string, not ${typeName(key)}`);
  return item.has(key) ? item.get(key) : null;
}

function slice([item, ...bounds]: readonly Value[], { budget }: MethodContext): Value {
  if (item === undefined || item === null) return argumentProblem('slice of nil');
  if (bounds.length > 3 || (bounds.length === 3 && typeof item === 'string'))
    return argumentProblem(`cannot slice with ${bounds.length} indexes`);
  if (typeof item !== 'string' && !isList(item)) return argumentProblem(`cannot slice ${typeName(item)}`);
  const max = lengthOf(item);
  const [from = 0, to = max, capacity = max] = bounds.map((bound) => position(bound, max));
  if (from > to || to > capacity) argumentProblem(`slice ends before its start: ${from} > ${to}`);
  if (typeof item !== 'string') {
    budget.list(to - from);
    return item.slice(from, to);
  }
  budget.text(item.length);
  return textOfBytes(utf8ToBytes(item).subarray(from, to));
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return utf8.encode(bytes);
  } catch {
    return argumentProblem('cuts a character in two');
  }
}

/** Whether the first is equal to any of the others. */
function equals([first, ...others]: readonly Value[], budget: Budget): boolean {
  if (others.length === 0) argumentProblem('wants something to compare with');
  return others.some((other) => isEqual(first, other, budget));
}

function isEqual(a: Value, b: Value, budget: Budget): boolean {
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  if (typeof a !== typeof b) return argumentProblem(`cannot compare ${typeName(a)} with ${typeName(b)}`);
  if (typeof a !== 'object') return a === b;
  if (typeName(a) !== typeName(b) && isList(a) !== isList(b))
    return argumentProblem(`cannot compare ${typeName(a)} with ${typeName(b)}`);
  if (a instanceof Struct && b instanceof Struct && a.shape === b.shape)
    return isSameJson(a.json, b.json, budget);
  return argumentProblem(`cannot compare ${typeName(a)}`);
}

/** Whether two JSON values are the same; what is undefined is not there. */
function isSameJson(a: unknown, b: unknown, budget: Budget): boolean {
  budget.charge(1);
  if (a === b) return true;
  if (typeof a === 'string') budget.read(a);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const fields = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  budget.list(fields.length);
  const [left, right] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  return budget.within(() => fields.every((key) => isSameJson(left[key], right[key], budget)));
}

function isLess([a, b]: readonly Value[]): boolean {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b) < 0;
  if (typeof a === 'bigint' && typeof b === 'bigint') return a < b;
  if (typeof a === 'number' && typeof b === 'number') return a < b;
  return argumentProblem(`cannot order ${typeName(a)} and ${typeName(b)}`);
}
