import type { Comparison, Expression } from '../selector/expression.ts';
import { printExpression } from '../selector/print.ts';
import { compile, type Labels, run } from '../selector/program.ts';

/** One test of a selector that decides: it holds or not, and so does the whole. */
export interface DecidingTest {
  /** As in the canonical text: `app == "web"`. */
  readonly test: string;
  readonly holds: boolean;
  /** Undefined for `all()` and `global()`. */
  readonly label: string | undefined;
  /** The label's value; undefined where it is absent. */
  readonly value: string | undefined;
}

/** Whether an expression holds for labels, and the tests that make it so, in the order of the text. */
export interface Decision {
  readonly holds: boolean;
  readonly tests: readonly DecidingTest[];
}

/**
 * Why a selector matches labels, or does not.
 *
 * All operands decide a true `&&` and a false `||`; the first true one decides a true `||`, the first false one a
 * false `&&`.
 */
export function whyMatches(expression: Expression, labels: Labels): Decision {
  const operands: Decision[] = [];
  for (const step of expression) {
    if (step.kind === 'not') {
      const operand = operands.pop();
      if (operand !== undefined) operands.push({ holds: !operand.holds, tests: operand.tests });
    } else if (step.kind === 'and' || step.kind === 'or') {
      operands.push(combined(operands.splice(operands.length - step.count), step.kind === 'and'));
    } else operands.push(decided(step, labels));
  }
  return operands[0] ?? { holds: true, tests: [] };
}

function combined(operands: readonly Decision[], and: boolean): Decision {
  const decisive = operands.find(({ holds }) => holds !== and);
  return decisive ?? { holds: and, tests: operands.flatMap(({ tests }) => tests) };
}

function decided(step: Comparison, labels: Labels): Decision {
  const holds = run(compile([step]), labels);
  const label = 'label' in step ? step.label : undefined;
  const value = label === undefined ? undefined : labels.get(label);
  return { holds, tests: [{ test: printExpression([step]), holds, label, value }] };
}
