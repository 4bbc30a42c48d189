import {
  argumentProblem,
  count,
  inPieces,
  isList,
  isMap,
  isTrue,
  joined,
  readInteger,
  replaced,
  split,
  Struct,
  textOf,
  typeName,
  type Budget,
  type Functions,
  type MethodContext,
  type Shape,
  type TemplateFunction,
  type Value,
} from '@margay/go-template';
import { compareTexts } from '@margay/ground';
import { dump } from 'js-yaml';
import { csvLine } from '../csv.ts';
import type { EndpointRow, Report } from '../report.ts';
import { FlowPeers } from '../rows/flows.ts';
import { rfc3339, timeJson } from './go-time.ts';
import { ENDPOINT } from './report-data.ts';

/**
 * What templates of report types may call: the documented functions of the old product, and of Sprig (whose functions
 * its `join`, `sub`, `add1`, `int` and `toJson` are) those that lists and texts are most often written with.
 */
export function templateFunctions(report: Pick<Report, 'flows'>): Functions {
  let known: FlowPeers | undefined;
  const peers = () => (known ??= new FlowPeers(report.flows));
  return {
    ...TEXT_FUNCTIONS,
    csv: (args) => {
      count(args, 0);
      return new Struct(CSV, []);
    },
    dateRfc3339: (args) => {
      const [time] = count(args, 1);
      return time instanceof Struct && timeJson(time) !== undefined
        ? rfc3339(time.json)
        : argumentProblem(`wants a time, not ${typeName(time)}`);
    },
    flowsPrefix: (args) => endpointOf(args).flowLogAggregationName,
    flowsIngress: (args, { budget }) => counted(peers().sendersTo(endpointOf(args)), budget),
    flowsEgress: (args, { budget }) => counted(peers().receiversFrom(endpointOf(args)), budget),
    // There are no CIS benchmark results, so no test has failed.
    cisTopFailedTests: (args) => {
      count(args, 1);
      return [];
    },
  };
}

/** A list that was made of the report, which holds how long it can be. */
function counted(list: string[], budget: Budget): string[] {
  budget.list(list.length);
  return list;
}

function endpointOf(args: readonly Value[]): EndpointRow {
  const [endpoint] = count(args, 1);
  return endpoint instanceof Struct && endpoint.shape === ENDPOINT
    ? (endpoint.json as { readonly row: EndpointRow }).row
    : argumentProblem(`wants one of .Endpoints, not ${typeName(endpoint)}`);
}

/** A table in the making; its JSON is the columns, each a header and the template of its cells. */
const CSV: Shape = {
  name: 'csv',
  fields: [],
  text: () => '',
  methods: {
    AddColumn: (json, args, { budget }) => {
      const [header, cell] = count(args, 2);
      if (typeof header !== 'string' || typeof cell !== 'string')
        return argumentProblem('wants a header and the template of a cell');
      budget.list((json as Columns).length);
      return new Struct(CSV, [...(json as Columns), [header, cell]]);
    },
    Render: (json, args, context) => {
      const [rows] = count(args, 1);
      return table(json as Columns, isList(rows) ? rows : [rows], context);
    },
  },
};

type Columns = readonly (readonly [header: string, cell: string])[];

/** Unlike the old product's, the cells are quoted where they must be, and no spreadsheet runs one as a formula. */
function table(columns: Columns, rows: readonly Value[], context: MethodContext): string {
  const { budget } = context;
  const line = (cells: readonly string[]): string => {
    const length = cells.reduce((sum, cell) => sum + cell.length, cells.length);
    // Quotes may be doubled.
    budget.text(2 * length);
    return csvLine(cells);
  };
  budget.list(rows.length);
  const lines = [line(columns.map(([header]) => header))];
  for (const row of rows) lines.push(line(columns.map(([, cell]) => context.render(cell, row))));
  return joined(lines, '', budget);
}

/** As Go's integers are: of 64 bits. */
const asInt = (value: bigint): bigint => BigInt.asIntN(64, value);

const INT_MIN = -(2n ** 63n);

/** An integer as Sprig makes it of anything; of numbers that are none of 64 bits as Go does on x86-64. */
function integerOf(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : INT_MIN;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'string' ? integerIn(value) : 0n;
}

/** The integer that a text says, zeros behind its point left out; 0 where it says none of 64 bits. */
const integerIn = (text: string): bigint => readInteger(text.replace(/\.0+$/, '')) ?? 0n;

const integers = (args: readonly Value[], min = 1): bigint[] => count(args, min, Infinity).map(integerOf);

/** The texts of a list as Sprig makes them: what is nil is left out, and what is no list is a list of itself. */
function textsOf(value: Value, budget: Budget): string[] {
  if (value === undefined || value === null) return [];
  if (!isList(value)) return [textOf(value, budget)];
  budget.list(value.length);
  return value
    .filter((each) => each !== undefined && each !== null)
    .map((each) => budget.within(() => textOf(each, budget)));
}

const divisor = (value: bigint): bigint => (value === 0n ? argumentProblem('division by zero') : value);

/** A function of texts. */
const onTexts =
  (wanted: number, of: (budget: Budget, ...texts: string[]) => Value): TemplateFunction =>
  (args, { budget }) =>
    of(
      budget,
      ...count(args, wanted).map((text) =>
        typeof text === 'string' ? text : argumentProblem(`wants a text, not ${typeName(text)}`),
      ),
    );

const listOf = (value: Value): readonly Value[] =>
  isList(value) ? value : argumentProblem(`wants a list, not ${typeName(value)}`);

const indent = ([spaces, text]: readonly Value[], budget: Budget, before = ''): string => {
  if (typeof text !== 'string') return argumentProblem(`wants a text, not ${typeName(text)}`);
  const width = Number(integerOf(spaces));
  if (width < 0 || width > 1_000) argumentProblem(`cannot indent by ${width}`);
  const blanks = ' '.repeat(width);
  return before + blanks + replaced(text, '\n', `\n${blanks}`, budget);
};

/** Held against Sprig itself; see `testing/sprig.go`. */
export const TEXT_FUNCTIONS: Functions = {
  join: (args, { budget }) => {
    const [separator, list] = count(args, 2);
    if (typeof separator !== 'string') return argumentProblem('wants a separator and a list');
    return joined(textsOf(list, budget), separator, budget);
  },
  int: (args) => integerOf(count(args, 1)[0]),
  add1: (args) => asInt(integerOf(count(args, 1)[0]) + 1n),
  add: (args) => integers(args, 0).reduce((sum, value) => asInt(sum + value), 0n),
  sub: (args) => integers(count(args, 2)).reduce((from, value) => asInt(from - value)),
  mul: (args) => integers(args).reduce((product, value) => asInt(product * value), 1n),
  div: (args) => integers(count(args, 2)).reduce((value, by) => asInt(value / divisor(by))),
  mod: (args) => integers(count(args, 2)).reduce((value, by) => value % divisor(by)),
  max: (args) => integers(args).reduce((a, b) => (a > b ? a : b)),
  min: (args) => integers(args).reduce((a, b) => (a < b ? a : b)),
  toString: (args: readonly Value[], { budget }: MethodContext) => textOf(count(args, 1)[0], budget),
  toJson: (args, { budget }) => escapedJson(jsonOf(count(args, 1)[0], budget), budget),
  toYaml: (args, { budget }) => yamlOf(count(args, 1)[0], budget),
  upper: onTexts(1, (budget, text) => inPieces(text, (piece) => piece.toUpperCase(), budget)),
  lower: onTexts(1, (budget, text) => inPieces(text, (piece) => piece.toLowerCase(), budget)),
  trim: onTexts(1, (_, text) => text.trim()),
  trimPrefix: onTexts(2, (_, prefix, text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimSuffix: onTexts(2, (_, suffix, text) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  replace: onTexts(3, (budget, old, by, text) => replaced(text, old, by, budget)),
  contains: onTexts(2, (budget, part, text) => {
    budget.search(text, part);
    return text.includes(part);
  }),
  hasPrefix: onTexts(2, (_, prefix, text) => text.startsWith(prefix)),
  hasSuffix: onTexts(2, (_, suffix, text) => text.endsWith(suffix)),
  splitList: onTexts(2, (budget, separator, text) => split(text, separator, budget)),
  quote: (args, { budget }) =>
    quotes(
      args,
      (text) =>
        `"${inPieces(text, (piece) => piece.replaceAll(/["\\\n\t]/g, (one) => QUOTED[one]!), budget)}"`,
      budget,
    ),
  squote: (args, { budget }) => quotes(args, (text) => `'${text}'`, budget),
  indent: (args, { budget }) => indent(count(args, 2), budget),
  nindent: (args, { budget }) => indent(count(args, 2), budget, '\n'),
  default: (args) => {
    const [otherwise, value] = count(args, 1, 2);
    return args.length === 2 && isTrue(value) ? value : otherwise;
  },
  empty: (args) => !isTrue(count(args, 1)[0]),
  coalesce: (args) => args.find(isTrue),
  ternary: (args) => {
    const [yes, no, test] = count(args, 3);
    return typeof test === 'boolean' ? (test ? yes : no) : argumentProblem('wants true or false last');
  },
  list: (args, { budget }) => {
    budget.list(args.length);
    return args;
  },
  first: (args) => listOf(count(args, 1)[0])[0],
  last: (args) => listOf(count(args, 1)[0]).at(-1),
  sortAlpha: (args, { budget }) => {
    const texts = textsOf(count(args, 1)[0], budget);
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    // Each is compared so many times, in the worst case to its end.
    budget.charge(Math.log2(texts.length + 1) * (texts.length + length / 100));
    return texts.sort(compareTexts);
  },
  uniq: (args, { budget }) => {
    const known = new Map<string, Value>();
    for (const each of listOf(count(args, 1)[0])) {
      budget.list(1);
      known.set(jsonText(each, budget), each);
    }
    return [...known.values()];
  },
  has: (args, { budget }) => {
    const [needle, list] = count(args, 2);
    if (typeof needle === 'string') {
      budget.charge(listOf(list).length);
      return listOf(list).includes(needle);
    }
    const wanted = jsonText(needle, budget);
    return listOf(list).some((each) => jsonText(each, budget) === wanted);
  },
};

const QUOTED: Readonly<Record<string, string>> = {
  '"': String.raw`\"`,
  '\\': String.raw`\\`,
  '\n': String.raw`\n`,
  '\t': String.raw`\t`,
};

const quotes = (args: readonly Value[], quote: (text: string) => string, budget: Budget): string =>
  joined(
    args
      .filter((value) => value !== undefined && value !== null)
      .map((value) => quote(textOf(value, budget))),
    ' ',
    budget,
  );

/** A value as JSON; of structs without what is false, zero and empty, as the old product left these out. */
function jsonOf(value: Value, budget: Budget): unknown {
  budget.text(VALUE_LENGTH);
  budget.charge(VALUE_WORK);
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string')
    budget.text(value.length * (ESCAPED_IN_JSON.test(value) ? ESCAPE_LENGTH : 1));
  if (typeof value !== 'object') return value;
  const inner = (each: Value): unknown => budget.within(() => jsonOf(each, budget));
  if (isList(value)) return value.map(inner);
  if (isMap(value))
    return Object.fromEntries(
      [...value].sort(([a], [b]) => compareTexts(a, b)).map(([key, field]) => [key, inner(field)]),
    );
  if (value.isNil) return null;
  const time = timeJson(value);
  if (time !== undefined) return time;
  const values = value.values();
  const fields = value.shape.fields.map(([, json], i) => [json, values[i]] as const);
  return Object.fromEntries(
    fields.filter(([, field]) => isTrue(field)).map(([json, field]) => [json, inner(field)]),
  );
}

/** Characters that a value takes beside its text, and steps that it costs to take it apart and to write it. */
const VALUE_LENGTH = 32;
const VALUE_WORK = 4;
/** What JSON may write with six characters, and some that it writes with two. */
const ESCAPED_IN_JSON = /[^\P{Cc}\u007f-\u009f]|\p{Cs}/u;
const ESCAPE_LENGTH = 6;

const jsonText = (value: Value, budget: Budget): string => {
  const text = JSON.stringify(jsonOf(value, budget));
  budget.text(text.length);
  return text;
};

/** What it costs to write YAML: it looks at each character, and each line has two blanks a level in front. */
function payForYaml(json: unknown, depth: number, budget: Budget): void {
  const blanks = 2 * depth;
  budget.text(blanks);
  if (typeof json === 'string') {
    budget.each(json);
    if (depth > 0 && json.includes('\n')) budget.text((split(json, '\n', budget).length - 1) * blanks);
  } else if (typeof json === 'object' && json !== null)
    for (const [key, each] of Object.entries(json)) {
      budget.each(key);
      payForYaml(each, depth + 1, budget);
    }
}

function yamlOf(value: Value, budget: Budget): string {
  const json = jsonOf(value, budget);
  payForYaml(json, 0, budget);
  const text = dump(json, { sortKeys: true, lineWidth: -1, noRefs: true }).trimEnd();
  budget.text(text.length);
  return text;
}

const ESCAPED: Readonly<Record<string, string>> = {
  '<': String.raw`\u003c`,
  '>': String.raw`\u003e`,
  '&': String.raw`\u0026`,
  '\u2028': String.raw`\u2028`,
  '\u2029': String.raw`\u2029`,
};

/** JSON as Go writes it. */
const escapedJson = (json: unknown, budget: Budget): string =>
  inPieces(
    JSON.stringify(json),
    (piece) => piece.replaceAll(/[<>&\u2028\u2029]/g, (one) => ESCAPED[one]!),
    budget,
  );
