import type { Comparison, Expression } from './expression.ts';

/**
 * What a label must be for a selector to match: every part is necessary, none need be sufficient.
 *
 * `present` and `absent` together, or an empty `values`, prove that the selector can match nothing.
 */
export interface Restriction {
  readonly present: boolean;
  readonly absent: boolean;
  /** The label's value is one of these; undefined where any value may do. */
  readonly values: ReadonlySet<string> | undefined;
}

/** By label name. Labels without a restriction are not in it. */
export type Restrictions = ReadonlyMap<string, Restriction>;

interface Known {
  present: boolean;
  absent: boolean;
  values: Set<string> | undefined;
}
type KnownLabels = Map<string, Known>;

/**
 * The label restrictions of an expression.
 *
 * `&&` merges them (values intersect), `||` keeps the labels restricted on every branch (values unite), `!has`
 * demands absence, every other negation says nothing. Merges go from the smaller side into the larger one, so
 * deep nesting stays near linear.
 */
export function restrictionsOf(expression: Expression): Restrictions {
  const operands: KnownLabels[] = [];
  for (const [i, step] of expression.entries()) {
    if (step.kind === 'not') {
      operands.pop();
      const before = expression[i - 1];
      operands.push(before?.kind === 'has' ? one(before.label, { absent: true }) : new Map());
    } else if (step.kind === 'and' || step.kind === 'or') {
      const merge = step.kind === 'and' ? both : either;
      operands.push(operands.splice(operands.length - step.count).reduce((a, b) => merge(a, b)));
    } else operands.push(ofComparison(step));
  }
  return operands[0] ?? new Map<string, Restriction>();
}

/** Whether the restrictions contradict themselves, so that no labels at all can satisfy them. */
export function isImpossible(restrictions: Restrictions): boolean {
  for (const { present, absent, values } of restrictions.values()) {
    if ((present && absent) || values?.size === 0) return true;
  }
  return false;
}

function ofComparison(step: Comparison): KnownLabels {
  switch (step.kind) {
    case 'all':
    case 'global':
    case 'differs':
    case 'notIn':
      return new Map();
    case 'equals':
      return one(step.label, { present: true, values: new Set([step.value]) });
    case 'in':
      // An empty set restricts to "present" only, as upstream has it; evaluation is false all the same.
      return one(step.label, {
        present: true,
        values: step.values.length > 0 ? new Set(step.values) : undefined,
      });
    case 'has':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return one(step.label, { present: true });
  }
}

function one(label: string, known: Partial<Known>): KnownLabels {
  return new Map([[label, { present: false, absent: false, values: undefined, ...known }]]);
}

function both(a: KnownLabels, b: KnownLabels): KnownLabels {
  const [into, from] = a.size >= b.size ? [a, b] : [b, a];
  for (const [label, known] of from) {
    const other = into.get(label);
    into.set(label, other === undefined ? known : bothKnown(other, known));
  }
  return into;
}

function bothKnown(a: Known, b: Known): Known {
  return {
    present: a.present || b.present,
    absent: a.absent || b.absent,
    values:
      a.values === undefined ? b.values : b.values === undefined ? a.values : common(a.values, b.values),
  };
}

function common(a: Set<string>, b: Set<string>): Set<string> {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  for (const value of small) if (!large.has(value)) small.delete(value);
  return small;
}

function either(a: KnownLabels, b: KnownLabels): KnownLabels {
  const [into, from] = a.size <= b.size ? [a, b] : [b, a];
  for (const [label, known] of into) {
    const other = from.get(label);
    const merged = other === undefined ? undefined : eitherKnown(known, other);
    if (merged === undefined) into.delete(label);
    else into.set(label, merged);
  }
  return into;
}

/** Undefined where nothing is left to demand. */
function eitherKnown(a: Known, b: Known): Known | undefined {
  const values = a.values === undefined || b.values === undefined ? undefined : united(a.values, b.values);
  const known = { present: a.present && b.present, absent: a.absent && b.absent, values };
  return known.present || known.absent || known.values !== undefined ? known : undefined;
}

function united(a: Set<string>, b: Set<string>): Set<string> {
  const [into, from] = a.size >= b.size ? [a, b] : [b, a];
  for (const value of from) into.add(value);
  return into;
}
