import type { Comparison, Expression } from '../selector/expression.ts';

/** Labels that have this name and value; any value where it is undefined. */
export interface CoverTerm {
  readonly label: string;
  readonly value: string | undefined;
}

/** How many label groups a term reaches, as far as is known now. */
export type Cost = (label: string, value: string | undefined) => number;

/** Terms of which at least one holds for whatever matches, and what looking them all up costs. */
interface Cover {
  readonly terms: CoverTerm[];
  readonly cost: number;
}

/** No terms can cover it: it may match labels that it does not name. */
const UNBOUNDED = undefined;

/** What covers an expression, and what covers its negation. */
interface Both {
  readonly yes: Cover | undefined;
  readonly no: Cover | undefined;
}

/**
 * The cheapest cover of an expression: terms such that all labels that satisfy it have at least one of them.
 *
 * `&&` takes its cheapest operand's cover, `||` needs all of its operands'. Undefined where there is none; empty where
 * nothing can match. So a selector can be looked for under its rarest term, and `a == '1' || b == '2'` under both.
 */
export function coverOf(expression: Expression, cost: Cost): readonly CoverTerm[] | undefined {
  const operands: Both[] = [];
  for (const step of expression) {
    if (step.kind === 'not') {
      const operand = operands.pop();
      if (operand !== undefined) operands.push({ yes: operand.no, no: operand.yes });
    } else if (step.kind === 'and' || step.kind === 'or') {
      const parts = operands.splice(operands.length - step.count);
      const yes = parts.map((part) => part.yes);
      const no = parts.map((part) => part.no);
      operands.push(
        step.kind === 'and' ? { yes: cheapest(yes), no: union(no) } : { yes: union(yes), no: cheapest(no) },
      );
    } else operands.push(ofComparison(step, cost));
  }
  return operands[0]?.yes?.terms;
}

function ofComparison(step: Comparison, cost: Cost): Both {
  switch (step.kind) {
    case 'all':
    case 'global':
      return { yes: UNBOUNDED, no: { terms: [], cost: 0 } };
    case 'equals':
      return { yes: single(step.label, step.value, cost), no: UNBOUNDED };
    case 'differs':
      return { yes: UNBOUNDED, no: single(step.label, step.value, cost) };
    case 'in':
      return { yes: several(step.label, step.values, cost), no: UNBOUNDED };
    case 'notIn':
      return { yes: UNBOUNDED, no: several(step.label, step.values, cost) };
    case 'has':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return { yes: single(step.label, undefined, cost), no: UNBOUNDED };
  }
}

function single(label: string, value: string | undefined, cost: Cost): Cover {
  return { terms: [{ label, value }], cost: cost(label, value) };
}

function several(label: string, values: readonly string[], cost: Cost): Cover {
  const terms = values.map((value) => ({ label, value }));
  return { terms, cost: values.reduce((sum, value) => sum + cost(label, value), 0) };
}

function cheapest(covers: readonly (Cover | undefined)[]): Cover | undefined {
  let best: Cover | undefined;
  for (const cover of covers)
    if (cover !== undefined && (best === undefined || cover.cost < best.cost)) best = cover;
  return best;
}

/** Appends the smaller ones to the largest one, so that deep nesting stays near linear. Each cover has one owner. */
function union(covers: readonly (Cover | undefined)[]): Cover | undefined {
  let largest: Cover | undefined;
  let cost = 0;
  for (const cover of covers) {
    if (cover === undefined) return UNBOUNDED;
    cost += cover.cost;
    if (largest === undefined || cover.terms.length > largest.terms.length) largest = cover;
  }
  if (largest === undefined) return UNBOUNDED;
  for (const cover of covers) {
    if (cover !== undefined && cover !== largest) for (const term of cover.terms) largest.terms.push(term);
  }
  return { terms: largest.terms, cost };
}
