import type { Comparison, Expression } from './expression.ts';

/**
 * The canonical text: one blank around operators, sets sorted and without repeats, `&&` and `||` always in
 * parentheses with their operands as written, redundant parentheses gone.
 *
 * Not always a fixed point: `!(!(a == 'b'))` prints `!!a == "b"`, which reads back as `a == "b"`.
 */
export function printExpression(expression: Expression): string {
  if (expression.length === 1) return printComparison(expression[0] as Comparison);
  // Leaves stand in the order of the text, so an operator only adds text before its first leaf and behind leaves.
  const before: string[] = [];
  const body: string[] = [];
  const behind: string[] = [];
  /** Index of the first leaf of each complete operand. */
  const starts: number[] = [];
  for (const step of expression) {
    if (step.kind === 'not') {
      const start = starts[starts.length - 1] ?? 0;
      before[start] = `!${before[start]}`;
    } else if (step.kind === 'and' || step.kind === 'or') {
      const operands = starts.splice(starts.length - step.count);
      const first = operands[0] ?? 0;
      before[first] = `(${before[first]}`;
      for (const start of operands.slice(1)) behind[start - 1] += step.kind === 'and' ? ' && ' : ' || ';
      behind[body.length - 1] += ')';
      starts.push(first);
    } else {
      starts.push(body.length);
      before.push('');
      body.push(printComparison(step));
      behind.push('');
    }
  }
  let text = '';
  for (const [i, leaf] of body.entries()) text += `${before[i]}${leaf}${behind[i]}`;
  return text;
}

function printComparison(step: Comparison): string {
  switch (step.kind) {
    case 'all':
    case 'global':
      return `${step.kind}()`;
    case 'has':
      return `has(${step.label})`;
    case 'in':
      return `${step.label} in {${step.values.map(quoted).join(', ')}}`;
    case 'notIn':
      return `${step.label} not in {${step.values.map(quoted).join(', ')}}`;
    case 'equals':
      return `${step.label} == ${quoted(step.value)}`;
    case 'differs':
      return `${step.label} != ${quoted(step.value)}`;
    case 'contains':
      return `${step.label} contains ${quoted(step.value)}`;
    case 'startsWith':
      return `${step.label} starts with ${quoted(step.value)}`;
    case 'endsWith':
      return `${step.label} ends with ${quoted(step.value)}`;
  }
}

/** The language has no escapes: a text with both kinds of quotes cannot be written, and none can be read. */
function quoted(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
