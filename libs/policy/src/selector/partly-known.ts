import type { Comparison, Expression } from './expression.ts';

/** What is said of a label that may be there or not, with any value. */
export const NOT_KNOWN = Symbol('not known');

/** Labels of which some are not known. */
export interface PartlyKnownLabels {
  get(name: string): string | undefined | typeof NOT_KNOWN;
}

/**
 * Whether labels of which some are not known satisfy an expression; undefined where it depends on those that are not known.
 *
 * Each test is judged by itself, so that `has(a) || !has(a)` of an unknown `a` is undefined: less is said than could be,
 * never more.
 */
export function partlyMatches(expression: Expression, labels: PartlyKnownLabels): boolean | undefined {
  const operands: (boolean | undefined)[] = [];
  for (const step of expression) {
    if (step.kind === 'not') {
      const operand = operands.pop();
      operands.push(operand === undefined ? undefined : !operand);
    } else if (step.kind === 'and' || step.kind === 'or') {
      const parts = operands.splice(operands.length - step.count);
      const decisive = step.kind === 'or';
      if (parts.includes(decisive)) operands.push(decisive);
      else operands.push(parts.includes(undefined) ? undefined : !decisive);
    } else operands.push(compared(step, labels));
  }
  return operands[0];
}

function compared(step: Comparison, labels: PartlyKnownLabels): boolean | undefined {
  if (!('label' in step)) return true;
  const value = labels.get(step.label);
  if (value === NOT_KNOWN) return undefined;
  switch (step.kind) {
    case 'equals':
      return value === step.value;
    case 'differs':
      return value !== step.value;
    case 'has':
      return value !== undefined;
    case 'in':
      return value !== undefined && step.values.includes(value);
    case 'notIn':
      return value === undefined || !step.values.includes(value);
    case 'contains':
      return value?.includes(step.value) === true;
    case 'startsWith':
      return value?.startsWith(step.value) === true;
    case 'endsWith':
      return value?.endsWith(step.value) === true;
  }
}
