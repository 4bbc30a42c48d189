import { lex, type Token } from './lex.ts';
import { TemplateProblem } from './problem.ts';

/** Tokens that are not quoted: what a constant or a text says may be anything. */
const QUOTELESS: ReadonlySet<Token['type']> = new Set(['end of template', 'string', 'char', 'text']);

/** What stands where a value is wanted. */
export type Operand = { readonly line: number } & (
  | { readonly kind: 'constant'; readonly value: boolean | bigint | number | string }
  | { readonly kind: 'nil' }
  | { readonly kind: 'dot' }
  | { readonly kind: 'field'; readonly path: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly path: readonly string[] }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'chain'; readonly of: Operand; readonly path: readonly string[] }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }
);

/** One command: a value, or a function or method with its arguments. Never empty. */
export type Command = readonly Operand[];

export interface Pipeline {
  readonly line: number;
  readonly commands: readonly Command[];
  /** The variables that take its value. */
  readonly variables: readonly string[];
  /** Whether they are set rather than declared. */
  readonly assigns: boolean;
}

export type Node = { readonly line: number } & (
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'template'; readonly name: string; readonly pipeline?: Pipeline }
  | { readonly kind: 'break' | 'continue' }
);

/** A template and those that it defines. */
export interface ParsedTemplate {
  readonly name: string;
  readonly root: readonly Node[];
  readonly defined: ReadonlyMap<string, readonly Node[]>;
}

/** Parentheses and blocks within one another. */
const DEPTH_MAX = 100;

/** Variables that are known at one place. */
const VARIABLES_MAX = 1_000;

type Block = { readonly nodes: Node[]; readonly end: 'end' | 'else' };

/**
 * Reads a template in the language of Go's `text/template`. Functions must be known.
 *
 * @throws TemplateProblem naming template and line.
 */
export function parseTemplate(
  name: string,
  template: string,
  isFunction: (name: string) => boolean,
): ParsedTemplate {
  const fail = (line: number, what: string): never => {
    throw new TemplateProblem(name, line, what);
  };
  const tokens = lex(template, fail);
  const defined = new Map<string, readonly Node[]>();
  let at = 0;
  let variables: string[] = ['$'];
  let ranges = 0;
  let depth = 0;

  const peek = (): Token => tokens[at]!;
  const next = (): Token => tokens[at++]!;
  const unexpected = ({ line, text, type }: Token, where: string): never =>
    fail(line, `unexpected ${QUOTELESS.has(type) ? type : JSON.stringify(text)} in ${where}`);
  const is = (type: Token['type'], text?: string): boolean =>
    peek().type === type && (text === undefined || peek().text === text);
  const expect = (type: Token['type'], where: string): Token => {
    const token = next();
    return token.type === type ? token : unexpected(token, where);
  };
  const deeper = <T>(line: number, read: () => T): T => {
    if (++depth > DEPTH_MAX) fail(line, `nested more than ${DEPTH_MAX} deep`);
    const result = read();
    depth--;
    return result;
  };

  const root: Node[] = [];
  while (!is('end of template')) {
    if (is('left') && tokens[at + 1]!.type === 'keyword' && tokens[at + 1]!.text === 'define') {
      at += 2;
      const { text, line } = expect('string', 'define');
      expect('right', 'define');
      define(text, separate('define'), line);
      continue;
    }
    const { line } = peek();
    const node = textOrAction();
    if (node === 'end' || node === 'else') fail(line, `unexpected {{${node}}}`);
    else root.push(node);
  }
  return { name, root, defined };

  /** A block that knows no variables but `$`, nor the loop that it stands in. */
  function separate(where: string): Node[] {
    const outside = { variables, ranges };
    [variables, ranges] = [['$'], 0];
    const { line } = peek();
    const { nodes, end } = block();
    if (end !== 'end') fail(line, `unexpected {{else}} in ${where}`);
    ({ variables, ranges } = outside);
    return nodes;
  }

  /** An empty definition does not count where there is another. */
  function define(as: string, nodes: readonly Node[], line: number): void {
    const before = defined.get(as);
    if (before !== undefined && isEmpty(nodes)) return;
    if (before !== undefined && !isEmpty(before)) fail(line, `${JSON.stringify(as)} is defined twice`);
    defined.set(as, nodes);
  }

  function block(): Block {
    const { line } = peek();
    return deeper(line, () => {
      const nodes: Node[] = [];
      while (!is('end of template')) {
        const node = textOrAction();
        if (node === 'end' || node === 'else') return { nodes, end: node };
        nodes.push(node);
      }
      return fail(line, 'a block is not closed: end it with {{end}}');
    });
  }

  function textOrAction(): Node | 'end' | 'else' {
    const { type, text, line } = next();
    if (type === 'text') return { kind: 'text', text, line };
    if (!is('keyword')) {
      const pipeline = readPipeline('an action', 'right');
      return { kind: 'action', pipeline, line };
    }
    const keyword = next();
    switch (keyword.text) {
      case 'end':
        expect('right', 'end');
        return 'end';
      case 'else':
        // What follows `else` is left to the block that it belongs to.
        if (!is('keyword', 'if') && !is('keyword', 'with')) expect('right', 'else');
        return 'else';
      case 'break':
      case 'continue':
        expect('right', keyword.text);
        if (ranges === 0) fail(line, `{{${keyword.text}}} outside {{range}}`);
        return { kind: keyword.text, line };
      case 'if':
      case 'with':
      case 'range':
        return control(keyword.text, line);
      case 'template': {
        const { text: called } = expect('string', 'template');
        if (is('right')) {
          next();
          return { kind: 'template', name: called, line };
        }
        return { kind: 'template', name: called, pipeline: readPipeline('template', 'right'), line };
      }
      case 'block': {
        const { text: called } = expect('string', 'block');
        const pipeline = readPipeline('block', 'right');
        define(called, separate('block'), line);
        return { kind: 'template', name: called, pipeline, line };
      }
      default:
        return unexpected(keyword, 'an action');
    }
  }

  function control(kind: 'if' | 'with' | 'range', line: number): Node {
    const known = variables.length;
    const pipeline = readPipeline(kind, 'right');
    if (kind === 'range') ranges++;
    const { nodes: body, end } = block();
    if (kind === 'range') ranges--;
    let otherwise: Node[] = [];
    if (end === 'else' && peek().type === 'keyword') {
      if (!is('keyword', kind)) unexpected(peek(), `the else of ${kind}`);
      next();
      otherwise = [deeper(line, () => control(kind, line))];
    } else if (end === 'else') {
      const rest = block();
      if (rest.end === 'else') fail(line, 'a second {{else}}');
      otherwise = rest.nodes;
    }
    variables.length = known;
    return { kind, pipeline, body, otherwise, line };
  }

  function readPipeline(where: string, end: 'right' | ')'): Pipeline {
    const { line } = peek();
    const declared: string[] = [];
    let assigns = false;
    while (is('variable')) {
      const sign = tokens[at + 1]!;
      const isSign = sign.type === 'mark' && [':=', '=', ','].includes(sign.text);
      if (!isSign) break;
      const { text: variable } = next();
      next();
      declared.push(variable);
      if (variables.push(variable) > VARIABLES_MAX) fail(line, `more than ${VARIABLES_MAX} variables`);
      if (sign.text !== ',') {
        assigns = sign.text === '=';
        break;
      }
      if (where !== 'range' || declared.length > 1) fail(line, `too many declarations in ${where}`);
      if (!is('variable') && !is('right') && !is('mark', ')')) fail(line, 'range can only set variables');
    }
    const commands: Command[] = [];
    for (;;) {
      if (end === 'right' ? is('right') : is('mark', ')')) {
        next();
        break;
      }
      commands.push(command(where));
    }
    if (commands.length === 0) fail(line, `a value is missing in ${where}`);
    const stage = commands.findIndex(
      ([first], i) => i > 0 && ['constant', 'nil', 'dot'].includes(first!.kind),
    );
    if (stage > 0) fail(line, `stage ${stage + 1} of the pipeline is no function`);
    return { line, commands, variables: declared, assigns };
  }

  function command(where: string): Command {
    const operands: Operand[] = [];
    for (;;) {
      const operand = readOperand();
      if (operand !== undefined) operands.push(operand);
      const token = peek();
      if (token.type === 'right' || (token.type === 'mark' && token.text === ')')) break;
      if (token.type === 'mark' && token.text === '|') {
        next();
        break;
      }
      if (operand === undefined || !token.spaced) unexpected(token, where);
    }
    if (operands.length === 0) fail(peek().line, `a command is missing in ${where}`);
    return operands;
  }

  function readOperand(): Operand | undefined {
    const term = readTerm();
    if (term === undefined) return undefined;
    const path: string[] = [];
    while (is('field') && !peek().spaced) path.push(next().text);
    if (path.length === 0) return term;
    if (term.kind === 'field' || term.kind === 'variable') return { ...term, path: [...term.path, ...path] };
    if (term.kind === 'constant' || term.kind === 'nil' || term.kind === 'dot')
      return fail(term.line, 'unexpected . behind a constant');
    return { kind: 'chain', of: term, path, line: term.line };
  }

  function readTerm(): Operand | undefined {
    const { type, text, line } = peek();
    switch (type) {
      case 'name':
        if (!isFunction(text)) fail(line, `there is no function ${text}`);
        next();
        return { kind: 'function', name: text, line };
      case 'dot':
      case 'nil':
        next();
        return { kind: type, line };
      case 'variable':
        if (!variables.includes(text)) fail(line, `there is no variable ${text}`);
        next();
        return { kind: 'variable', name: text, path: [], line };
      case 'field':
        next();
        return { kind: 'field', path: [text], line };
      case 'bool':
        next();
        return { kind: 'constant', value: text === 'true', line };
      case 'char':
        next();
        return { kind: 'constant', value: BigInt(text.codePointAt(0)!), line };
      case 'number':
        next();
        return { kind: 'constant', value: readNumber(text) ?? fail(line, `bad number: ${text}`), line };
      case 'string':
        next();
        return { kind: 'constant', value: text, line };
      case 'mark':
        if (text !== '(') return undefined;
        next();
        return deeper(line, () => {
          const pipeline = readPipeline('parentheses', ')');
          return { kind: 'pipeline', pipeline, line };
        });
      case 'text':
      case 'left':
      case 'right':
      case 'keyword':
      case 'end of template':
        return undefined;
    }
  }
}

const isEmpty = (nodes: readonly Node[]): boolean =>
  nodes.every((node) => node.kind === 'text' && node.text.trim() === '');

const INTEGER = /^[+-]?(?:0[xX](?:_?[\da-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?\d)*)$/;
const FLOAT = /^[+-]?(?:\d+(?:_\d+)*(?:\.\d*)?|\.\d*)?(?:[eE][+-]?\d+)?$/;
const INT_MAX = 2n ** 63n;
/** The longest integer of 64 bits is binary, behind sign and prefix. */
const INT_LENGTH_MAX = 67;

/** An integer of 64 bits as Go writes it, and reads it in base 0; undefined where it is none. */
export function readInteger(written: string): bigint | undefined {
  if (!INTEGER.test(written)) return undefined;
  const digits = written
    .replace(/^[+-]/, '')
    .replaceAll('_', '')
    .replace(/^0+(?=\d)/, '0o')
    .replace(/^(0[xob])0+(?=[\da-f])/i, '$1');
  if (digits.length > INT_LENGTH_MAX) return undefined;
  const size = BigInt(digits);
  const value = written.startsWith('-') ? -size : size;
  return value >= -INT_MAX && value < INT_MAX ? value : undefined;
}

/** A number as Go writes it; undefined where there is none such. Hexadecimal fractions and complex numbers are none. */
function readNumber(written: string): bigint | number | undefined {
  if (INTEGER.test(written)) return readInteger(written);
  if (!FLOAT.test(written) || !/[.eE]/.test(written)) return undefined;
  const value = Number(written.replaceAll('_', ''));
  return Number.isFinite(value) ? value : undefined;
}
