import { compareTexts, fields, list, text, texts, textsByName } from '@margay/ground';
import { type Problems } from './problems.ts';

/**
 * A Kubernetes label selector as terms of the selector language, for `&&`; empty where it selects everything.
 *
 * NotIn and DoesNotExist match an absent label, in both languages. Undefined, and a problem, where an expression has
 * an operator that Kubernetes does not have.
 */
export function labelSelectorTerms(
  value: unknown,
  field: string,
  consequence: string,
  problems: Problems,
): readonly string[] | undefined {
  const selector = fields(value);
  const labels = [...textsByName(selector['matchLabels'])].sort(([a], [b]) => compareTexts(a, b));
  const terms = labels.map(([name, label]) => `${name} == '${label}'`);
  for (const [i, element] of list(selector['matchExpressions']).entries()) {
    const expression = fields(element);
    const term = expressionTerm(
      text(expression['key']),
      text(expression['operator']),
      texts(expression['values']),
    );
    if (term === undefined) {
      const operator = JSON.stringify(expression['operator'] ?? '');
      const where = `${field}.matchExpressions[${i}].operator`;
      problems.add(where, `${operator} is not In, NotIn, Exists or DoesNotExist`, consequence);
      return undefined;
    }
    terms.push(term);
  }
  return terms;
}

function expressionTerm(key: string, operator: string, values: readonly string[]): string | undefined {
  const set = `{${values.map((value) => `'${value}'`).join(', ')}}`;
  switch (operator) {
    case 'In':
      return `${key} in ${set}`;
    case 'NotIn':
      return `${key} not in ${set}`;
    case 'Exists':
      return `has(${key})`;
    case 'DoesNotExist':
      return `!has(${key})`;
    default:
      return undefined;
  }
}
