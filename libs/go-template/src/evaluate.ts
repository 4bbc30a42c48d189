import { Budget, type Limits } from './budget.ts';
import { BUILTINS, type Functions, type TemplateFunction } from './builtins.ts';
import { shownText } from './format.ts';
import { parseTemplate, type Command, type Node, type Operand, type Pipeline } from './parse.ts';
import { TemplateProblem } from './problem.ts';
import { Struct, type MethodContext } from './value.ts';
import { isList, isMap, isTrue, sortedEntries, typeName } from './kinds.ts';
import { type Value } from './value.ts';

/** What a template may do unless said: about two seconds of work, in about 200 MB. */
const DEFAULT_LIMITS: Limits = { work: 3_000_000, output: 32_000_000, made: 200_000_000 };

/** Templates that call one another. */
const CALLS_MAX = 200;
/** Steps to begin one. */
const CALL_WORK = 4;
/** Steps that reading a character of a template within a template costs, and characters that what was read takes. */
const READ_WORK = 1;
const READ_SIZE = 64;

/** A template that was read, ready to be rendered any number of times. */
export interface Template {
  readonly name: string;
  /** @throws TemplateProblem naming template and line, also where a limit is reached. */
  render(data: Value): string;
}

/**
 * Reads a template in the language of Go's `text/template`.
 *
 * It reaches nothing but its data and the functions, and does no more than the limits allow.
 *
 * @throws TemplateProblem naming template and line.
 */
export function readTemplate(
  name: string,
  text: string,
  functions: Functions = {},
  limits: Limits = DEFAULT_LIMITS,
): Template {
  const all: Functions = { ...BUILTINS, ...functions };
  const known = new Map<string, ReturnType<typeof parse>>();
  const parse = (called: string, written: string) => {
    const isFunction = (it: string) => it === 'and' || it === 'or' || Object.hasOwn(all, it);
    const { root, defined } = parseTemplate(called, written, isFunction);
    return { name: called, root, templates: new Map([[called, root], ...defined]) };
  };
  const parsed = parse(name, text);
  return {
    name,
    render(data) {
      const budget = new Budget(limits);
      let calls = 0;
      const renderOne = ({ name: called, root, templates }: typeof parsed, of: Value): string => {
        if (++calls > CALLS_MAX)
          throw new RangeError(`templates call one another more than ${CALLS_MAX} deep`);
        budget.charge(CALL_WORK);
        const output = new Output(budget);
        new Run(called, templates, all, { budget, render }, output).template(root, of);
        calls--;
        return output.text;
      };
      const render = (written: string, of: Value): string => {
        let inner = known.get(written);
        if (inner === undefined) {
          budget.charge(written.length * READ_WORK);
          budget.made(written.length * READ_SIZE);
          known.set(written, (inner = parse(`a template within ${name}`, written)));
        }
        return renderOne(inner, of);
      };
      try {
        return renderOne(parsed, data === null ? undefined : data);
      } finally {
        known.clear();
      }
    },
  };
}

/** Texts that are put together at once: many small ones take far more memory than what they say. */
const PIECES_MAX = 4_096;

class Output {
  readonly #budget: Budget;
  #text = '';
  #length = 0;
  #pieces: string[] = [];

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  add(text: string): void {
    this.#length += text.length;
    this.#budget.written(this.#length);
    this.#budget.text(text.length);
    this.#pieces.push(text);
    if (this.#pieces.length >= PIECES_MAX) this.#flush();
  }

  get text(): string {
    this.#flush();
    return this.#text;
  }

  #flush(): void {
    this.#text += this.#pieces.join('');
    this.#pieces = [];
  }
}

type Conditional = Extract<Node, { readonly body: unknown }>;
type Jump = 'break' | 'continue' | undefined;

interface Variable {
  readonly name: string;
  value: Value;
}

/** Variables that are looked through in one step. */
const VARIABLES_A_STEP = 100;

/** No value is piped. */
const NOTHING: unique symbol = Symbol('nothing');
type Piped = Value | typeof NOTHING;

/** One rendering of one template. */
class Run {
  readonly #name: string;
  readonly #templates: ReadonlyMap<string, readonly Node[]>;
  readonly #functions: Functions;
  readonly #context: MethodContext;
  readonly #output: Output;
  #variables: Variable[] = [];
  #calls = 0;
  #line = 1;

  constructor(
    name: string,
    templates: ReadonlyMap<string, readonly Node[]>,
    functions: Functions,
    context: MethodContext,
    output: Output,
  ) {
    this.#name = name;
    this.#templates = templates;
    this.#functions = functions;
    this.#context = context;
    this.#output = output;
  }

  template(root: readonly Node[], data: Value): void {
    const outside = this.#variables;
    this.#variables = [{ name: '$', value: data }];
    this.#guarded(() => this.#walk(root, data));
    this.#variables = outside;
  }

  /** Tells where it was that something went wrong. */
  #guarded<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof TemplateProblem || !(error instanceof Error)) throw error;
      throw new TemplateProblem(this.#name, this.#line, error.message);
    }
  }

  #fail(what: string): never {
    throw new TemplateProblem(this.#name, this.#line, what);
  }

  #walk(nodes: readonly Node[], dot: Value): Jump {
    for (const node of nodes) {
      this.#context.budget.charge(1);
      this.#line = node.line;
      const jump = this.#node(node, dot);
      if (jump !== undefined) return jump;
    }
    return undefined;
  }

  #node(node: Node, dot: Value): Jump {
    switch (node.kind) {
      case 'text':
        this.#output.add(node.text);
        return undefined;
      case 'action': {
        const value = this.#pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.#output.add(this.#shown(value));
        return undefined;
      }
      case 'break':
      case 'continue':
        return node.kind;
      case 'template':
        this.#call(node.name, node.pipeline, dot);
        return undefined;
      case 'if':
      case 'with': {
        const known = this.#variables.length;
        const value = this.#pipeline(node.pipeline, dot);
        const jump = isTrue(value)
          ? this.#walk(node.body, node.kind === 'with' ? value : dot)
          : this.#walk(node.otherwise, dot);
        this.#variables.length = known;
        return jump;
      }
      case 'range':
        return this.#range(node, dot);
    }
  }

  #shown(value: Value): string {
    return shownText(value, this.#context.budget);
  }

  #call(name: string, pipeline: Pipeline | undefined, dot: Value): void {
    const root = this.#templates.get(name);
    if (root === undefined) this.#fail(`there is no template ${JSON.stringify(name)}`);
    const data = pipeline && this.#pipeline(pipeline, dot);
    if (++this.#calls > CALLS_MAX) this.#fail(`templates call one another more than ${CALLS_MAX} deep`);
    this.template(root, data);
    this.#calls--;
  }

  #range({ pipeline, body, otherwise }: Conditional, dot: Value): Jump {
    const known = this.#variables.length;
    const value = this.#pipeline(pipeline, dot);
    const [first, second] = pipeline.variables.map((name) => this.#variable(name));
    let isEmpty = true;
    const inner = this.#variables.length;
    for (const [key, element] of this.#elements(value, pipeline.variables.length)) {
      isEmpty = false;
      this.#context.budget.charge(1);
      if (second !== undefined) {
        first!.value = key;
        second.value = element;
      } else if (first !== undefined) first.value = element;
      const jump = this.#walk(body, element);
      this.#variables.length = inner;
      if (jump === 'break') break;
    }
    const jump = isEmpty ? this.#walk(otherwise, dot) : undefined;
    this.#variables.length = known;
    // As in Go, a break in the `else` ends this loop, and a continue goes on with the one around it.
    return jump === 'break' ? undefined : jump;
  }

  *#elements(value: Value, wanted: number): Iterable<readonly [Value, Value]> {
    if (value === undefined || value === null) return;
    if (typeof value === 'bigint') {
      if (wanted > 1) this.#fail('a number has no keys to range over');
      for (let i = 0n; i < value; i++) yield [i, i];
    } else if (isList(value)) {
      for (const [i, element] of value.entries()) yield [BigInt(i), element];
    } else if (isMap(value)) {
      this.#context.budget.list(value.size);
      yield* sortedEntries(value);
    } else this.#fail(`cannot range over ${typeName(value)}`);
  }

  #variable(name: string): Variable {
    this.#context.budget.charge(this.#variables.length / VARIABLES_A_STEP);
    return (
      this.#variables.findLast((each) => each.name === name) ?? this.#fail(`there is no variable ${name}`)
    );
  }

  #pipeline({ commands, variables, assigns, line }: Pipeline, dot: Value): Value {
    this.#line = line;
    let piped: Piped = NOTHING;
    for (const command of commands) piped = this.#command(command, dot, piped) ?? undefined;
    const value = piped === NOTHING ? undefined : piped;
    for (const name of variables) {
      if (assigns) this.#variable(name).value = value;
      else this.#variables.push({ name, value });
    }
    return value;
  }

  #command([first, ...args]: Command, dot: Value, piped: Piped): Value {
    this.#context.budget.charge(1);
    const operand = first!;
    switch (operand.kind) {
      case 'function':
        return this.#function(operand.name, args, dot, piped);
      case 'field':
        return this.#path(dot, operand.path, dot, args, piped);
      case 'variable': {
        const { value } = this.#variable(operand.name);
        if (operand.path.length > 0) return this.#path(value, operand.path, dot, args, piped);
        return this.#alone(value, args, piped);
      }
      case 'chain':
        return this.#path(this.#operand(operand.of, dot), operand.path, dot, args, piped);
      case 'pipeline':
        return this.#alone(this.#pipeline(operand.pipeline, dot), args, piped);
      case 'nil':
        return this.#fail('nil is not a command');
      case 'dot':
        return this.#alone(dot, args, piped);
      case 'constant':
        return this.#alone(operand.value, args, piped);
    }
  }

  #alone(value: Value, args: readonly Operand[], piped: Piped): Value {
    if (args.length > 0 || piped !== NOTHING) this.#fail('arguments are given to what is no function');
    return value;
  }

  #operand(operand: Operand, dot: Value): Value {
    return operand.kind === 'nil' ? null : this.#command([operand], dot, NOTHING);
  }

  #function(name: string, args: readonly Operand[], dot: Value, piped: Piped): Value {
    if (name === 'and' || name === 'or') return this.#junction(name, args, dot, piped);
    return this.#apply(name, this.#functions[name]!, args, dot, piped);
  }

  /** The first argument that decides, and those behind it are not looked at. */
  #junction(name: 'and' | 'or', args: readonly Operand[], dot: Value, piped: Piped): Value {
    if (args.length === 0 && piped === NOTHING) this.#fail(`${name} wants an argument`);
    let value: Value;
    for (const arg of args) {
      value = this.#operand(arg, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped === NOTHING ? value : piped;
  }

  #apply(name: string, called: TemplateFunction, args: readonly Operand[], dot: Value, piped: Piped): Value {
    const values = args.map((arg) => this.#operand(arg, dot));
    if (piped !== NOTHING) values.push(piped);
    const { budget } = this.#context;
    try {
      // Few functions can do with less than reading the texts that they are given.
      for (const value of values) if (typeof value === 'string') budget.read(value);
      return called(values, this.#context);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#fail(`${name}: ${error.message}`);
    }
  }

  /** Fields of fields. The last one may be a method, which gets the arguments. */
  #path(from: Value, path: readonly string[], dot: Value, args: readonly Operand[], piped: Piped): Value {
    let value = from;
    for (const [i, name] of path.entries())
      value =
        i < path.length - 1
          ? this.#field(value, name, dot, [], NOTHING)
          : this.#field(value, name, dot, args, piped);
    return value;
  }

  #field(of: Value, name: string, dot: Value, args: readonly Operand[], piped: Piped): Value {
    if (of === undefined) return undefined;
    if (of === null) this.#fail(`${name} of nil`);
    const method = of instanceof Struct ? methodOf(of, name) : undefined;
    if (method !== undefined) return this.#apply(name, method, args, dot, piped);
    const isStruct = of instanceof Struct;
    if (!isStruct && !isMap(of)) this.#fail(`${typeName(of)} has no field ${name}`);
    if (args.length > 0 || piped !== NOTHING) this.#fail(`${name} is no method but has arguments`);
    if (!isStruct) return of.get(name);
    const [value] = of.field(name) ?? this.#fail(`${of.shape.name} has no field ${name}`);
    return value;
  }
}

function methodOf({ shape, json }: Struct, name: string): TemplateFunction | undefined {
  const { methods = {} } = shape;
  if (!Object.hasOwn(methods, name)) return undefined;
  return (args, context) => methods[name]!(json, args, context);
}
