import type { Comparison, Expression } from './expression.ts';

/** Labels as selectors read them: the value of a label, or undefined where the label is absent. A Map is one. */
export interface Labels {
  get(name: string): string | undefined;
}

const EQUALS = 0;
const DIFFERS = 1;
const HAS = 2;
const IN = 3;
const NOT_IN = 4;
const CONTAINS = 5;
const STARTS_WITH = 6;
const ENDS_WITH = 7;
const END = 8;

/** One test and where to go from it. `YES` and `NO` are the ends. */
interface Test {
  readonly op: number;
  readonly label: string;
  readonly value: string;
  readonly values: ReadonlySet<string> | undefined;
  readonly onTrue: Test;
  readonly onFalse: Test;
}

function end(): Test {
  const test: { -readonly [K in keyof Test]?: Test[K] } = {
    op: END,
    label: '',
    value: '',
    values: undefined,
  };
  test.onTrue = test as Test;
  test.onFalse = test as Test;
  return test as Test;
}

const YES = end();
const NO = end();

/** A selector as a graph of tests: each leads to the next one that can still decide. */
export type Program = Test;

/**
 * Turns an expression into its program.
 *
 * Negations vanish (they swap where a test leads), and so do `&&` and `||` (they are where a test leads). Built
 * from the last operand to the first, so that each test's successors exist before it.
 */
export function compile(expression: Expression): Program {
  const open: { kind: 'not' | 'and' | 'or'; left: number; onTrue: Test; onFalse: Test }[] = [];
  let onTrue = YES;
  let onFalse = NO;
  let entry = YES;
  for (let i = expression.length - 1; i >= 0; i--) {
    const step = expression[i];
    if (step === undefined) break;
    if (step.kind === 'not') {
      open.push({ kind: 'not', left: 0, onTrue, onFalse });
      [onTrue, onFalse] = [onFalse, onTrue];
      continue;
    }
    if (step.kind === 'and' || step.kind === 'or') {
      open.push({ kind: step.kind, left: step.count - 1, onTrue, onFalse });
      continue;
    }
    entry = testOf(step, onTrue, onFalse);
    // This operand is complete: close what it completes, then go on with the operand on its left.
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (top.left > 0) {
        top.left--;
        onTrue = top.kind === 'and' ? entry : top.onTrue;
        onFalse = top.kind === 'and' ? top.onFalse : entry;
        break;
      }
      open.pop();
    }
  }
  return entry;
}

function testOf(step: Comparison, onTrue: Test, onFalse: Test): Test {
  const rest = { onTrue, onFalse };
  switch (step.kind) {
    case 'all':
    case 'global':
      return onTrue;
    case 'has':
      return { op: HAS, label: step.label, value: '', values: undefined, ...rest };
    case 'in':
    case 'notIn': {
      const op = step.kind === 'in' ? IN : NOT_IN;
      return { op, label: step.label, value: '', values: new Set(step.values), ...rest };
    }
    case 'equals':
    case 'differs':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return { op: OPS[step.kind], label: step.label, value: step.value, values: undefined, ...rest };
  }
}

const OPS = {
  equals: EQUALS,
  differs: DIFFERS,
  contains: CONTAINS,
  startsWith: STARTS_WITH,
  endsWith: ENDS_WITH,
} as const;

/**
 * Whether the labels satisfy the program. Allocates nothing; never deeper than one call.
 *
 * An absent label fails every test but `!=` and `not in`; a present label may be the empty text.
 */
export function run(program: Program, labels: Labels): boolean {
  let at = program;
  while (at.op !== END) at = holds(at, labels.get(at.label)) ? at.onTrue : at.onFalse;
  return at === YES;
}

function holds(test: Test, value: string | undefined): boolean {
  switch (test.op) {
    case EQUALS:
      return value === test.value;
    case DIFFERS:
      return value !== test.value;
    case HAS:
      return value !== undefined;
    case IN:
      return value !== undefined && test.values !== undefined && test.values.has(value);
    case NOT_IN:
      return value === undefined || test.values === undefined || !test.values.has(value);
    case CONTAINS:
      return value !== undefined && value.includes(test.value);
    case STARTS_WITH:
      return value !== undefined && value.startsWith(test.value);
    default:
      return value !== undefined && value.endsWith(test.value);
  }
}
