import {
  argumentProblem,
  count,
  isList,
  isMap,
  isTrue,
  Struct,
  textOf,
  typeName,
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
    flowsIngress: (args) => peers().sendersTo(endpointOf(args)),
    flowsEgress: (args) => peers().receiversFrom(endpointOf(args)),
    // There are no CIS benchmark results, so no test has failed.
    cisTopFailedTests: (args) => {
      count(args, 1);
      return [];
    },
  };
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
    AddColumn: (json, args) => {
      const [header, cell] = count(args, 2);
      if (typeof header !== 'string' || typeof cell !== 'string')
        return argumentProblem('wants a header and the template of a cell');
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
  const lines = [csvLine(columns.map(([header]) => header))];
  for (const row of rows) lines.push(csvLine(columns.map(([, cell]) => context.render(cell, row))));
  return lines.join('');
}

/** An integer as Sprig makes it of anything. */
function integerOf(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'string' && /^[+-]?\d{1,18}$/.test(value) ? BigInt(value) : 0n;
}

const integers = (args: readonly Value[], min = 1): bigint[] => count(args, min, Infinity).map(integerOf);

/** The texts of a list as Sprig makes them: what is nil is left out, and what is no list is a list of itself. */
function textsOf(value: Value): string[] {
  if (value === undefined || value === null) return [];
  return isList(value)
    ? value.filter((each) => each !== undefined && each !== null).map(textOf)
    : [textOf(value)];
}

const divisor = (value: bigint): bigint => (value === 0n ? argumentProblem('division by zero') : value);

/** A function of texts. */
const onTexts =
  (wanted: number, of: (...texts: string[]) => Value): TemplateFunction =>
  (args) =>
    of(
      ...count(args, wanted).map((text) =>
        typeof text === 'string' ? text : argumentProblem(`wants a text, not ${typeName(text)}`),
      ),
    );

const listOf = (value: Value): readonly Value[] =>
  isList(value) ? value : argumentProblem(`wants a list, not ${typeName(value)}`);

const indent = ([spaces, text]: readonly Value[], before = ''): string => {
  if (typeof text !== 'string') return argumentProblem(`wants a text, not ${typeName(text)}`);
  const width = Number(integerOf(spaces));
  if (width < 0 || width > 1_000) argumentProblem(`cannot indent by ${width}`);
  const blanks = ' '.repeat(width);
  return before + blanks + text.replaceAll('\n', `\n${blanks}`);
};

/** Held against Sprig itself; see `testing/sprig.go`. */
export const TEXT_FUNCTIONS: Functions = {
  join: (args) => {
    const [separator, list] = count(args, 2);
    if (typeof separator !== 'string') return argumentProblem('wants a separator and a list');
    return textsOf(list).join(separator);
  },
  int: (args) => integerOf(count(args, 1)[0]),
  add1: (args) => integerOf(count(args, 1)[0]) + 1n,
  add: (args) => integers(args, 0).reduce((sum, value) => sum + value, 0n),
  sub: (args) => integers(count(args, 2)).reduce((from, value) => from - value),
  mul: (args) => integers(args).reduce((product, value) => BigInt.asIntN(64, product * value), 1n),
  div: (args) => integers(count(args, 2)).reduce((value, by) => value / divisor(by)),
  mod: (args) => integers(count(args, 2)).reduce((value, by) => value % divisor(by)),
  max: (args) => integers(args).reduce((a, b) => (a > b ? a : b)),
  min: (args) => integers(args).reduce((a, b) => (a < b ? a : b)),
  toString: (args: readonly Value[]) => textOf(count(args, 1)[0]),
  toJson: (args) => escapedJson(jsonOf(count(args, 1)[0])),
  toYaml: (args) =>
    dump(jsonOf(count(args, 1)[0]), { sortKeys: true, lineWidth: -1, noRefs: true }).trimEnd(),
  upper: onTexts(1, (text) => text.toUpperCase()),
  lower: onTexts(1, (text) => text.toLowerCase()),
  trim: onTexts(1, (text) => text.trim()),
  trimPrefix: onTexts(2, (prefix, text) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimSuffix: onTexts(2, (suffix, text) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  replace: onTexts(3, (old, by, text) => text.replaceAll(old, () => by)),
  contains: onTexts(2, (part, text) => text.includes(part)),
  hasPrefix: onTexts(2, (prefix, text) => text.startsWith(prefix)),
  hasSuffix: onTexts(2, (suffix, text) => text.endsWith(suffix)),
  splitList: onTexts(2, (separator, text) => text.split(separator)),
  quote: (args) =>
    quotes(
      args,
      (text) =>
        `"${text
          .replaceAll(/["\\]/g, String.raw`\$&`)
          .replaceAll('\n', String.raw`\n`)
          .replaceAll('\t', String.raw`\t`)}"`,
    ),
  squote: (args) => quotes(args, (text) => `'${text}'`),
  indent: (args) => indent(count(args, 2)),
  nindent: (args) => indent(count(args, 2), '\n'),
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
  list: (args) => args,
  first: (args) => listOf(count(args, 1)[0])[0],
  last: (args) => listOf(count(args, 1)[0]).at(-1),
  sortAlpha: (args) => textsOf(count(args, 1)[0]).sort(compareTexts),
  uniq: (args) => [
    ...new Map(listOf(count(args, 1)[0]).map((each) => [JSON.stringify(jsonOf(each)), each])).values(),
  ],
  has: (args) => {
    const [needle, list] = count(args, 2);
    const wanted = JSON.stringify(jsonOf(needle));
    return listOf(list).some((each) => JSON.stringify(jsonOf(each)) === wanted);
  },
};

const quotes = (args: readonly Value[], quote: (text: string) => string): string =>
  args
    .filter((value) => value !== undefined && value !== null)
    .map((value) => quote(textOf(value)))
    .join(' ');

/** A value as JSON; of structs without what is false, zero and empty, as the old product left these out. */
function jsonOf(value: Value): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object') return value;
  if (isList(value)) return value.map(jsonOf);
  if (isMap(value))
    return Object.fromEntries(
      [...value].sort(([a], [b]) => compareTexts(a, b)).map(([key, field]) => [key, jsonOf(field)]),
    );
  if (value.isNil) return null;
  const time = timeJson(value);
  if (time !== undefined) return time;
  const fields = value.shape.fields.map(([, json], i) => [json, value.values()[i]] as const);
  return Object.fromEntries(
    fields.filter(([, field]) => isTrue(field)).map(([json, field]) => [json, jsonOf(field)]),
  );
}

const ESCAPED: Readonly<Record<string, string>> = {
  '<': String.raw`\u003c`,
  '>': String.raw`\u003e`,
  '&': String.raw`\u0026`,
  '\u2028': String.raw`\u2028`,
  '\u2029': String.raw`\u2029`,
};

/** JSON as Go writes it. */
const escapedJson = (json: unknown): string =>
  JSON.stringify(json).replaceAll(/[<>&\u2028\u2029]/g, (one) => ESCAPED[one]!);
