import { parseSelector, type Selector } from '../selector/selector.ts';
import { NAMESPACE_LABEL, NAMESPACE_PREFIX, SERVICE_ACCOUNT_LABEL, SERVICE_ACCOUNT_PREFIX } from './items.ts';
import { type Problems, SELECTS_NOTHING } from './problems.ts';

/** The selectors of a policy that together say whom it governs; '' where not given. Each can be read by itself. */
export interface SubjectSelectors {
  readonly selector: string;
  /** Of cluster-wide policies only. */
  readonly namespaceSelector: string;
  readonly serviceAccountSelector: string;
  /** The policy's namespace; empty for a cluster-wide policy. */
  readonly namespace: string;
}

/**
 * The text of the one endpoint selector that a policy's selectors amount to.
 *
 * Calico replaces the text `all()` in a cluster-wide policy's combination, wherever it stands, even in a string; the
 * dataplane sees the result, so this does the same. Namespaced policies are not rewritten.
 */
export function subjectText(subject: SubjectSelectors): string {
  return subject.namespace === '' ? globalSubject(subject) : namespacedSubject(subject);
}

function namespacedSubject({ selector, serviceAccountSelector, namespace }: SubjectSelectors): string {
  const own = `${NAMESPACE_LABEL} == '${namespace}'`;
  const inNamespace = selector === '' ? own : `(${selector}) && ${own}`;
  if (serviceAccountSelector === '') return inNamespace;
  return `(${inNamespace}) && ${prefixedText(serviceAccountSelector, SERVICE_ACCOUNT_PREFIX)}`;
}

function globalSubject({ selector, namespaceSelector, serviceAccountSelector }: SubjectSelectors): string {
  let combined = selector;
  if (namespaceSelector !== '') {
    combined = and(combined, prefixedText(namespaceSelector, NAMESPACE_PREFIX));
    combined = combined.replaceAll('all()', `has(${NAMESPACE_LABEL})`);
  }
  if (serviceAccountSelector !== '') {
    combined = and(combined, prefixedText(serviceAccountSelector, SERVICE_ACCOUNT_PREFIX));
    combined = combined.replaceAll('all()', `has(${SERVICE_ACCOUNT_LABEL})`);
  }
  return combined;
}

function and(selector: string, more: string): string {
  return selector === '' ? more : `(${selector}) && ${more}`;
}

/** The canonical text of a selector over a parent's labels, as one over endpoint labels. */
export function prefixedText(selector: string, prefix: string): string {
  return parseSelector(selector).prefixed(prefix).canonical;
}

/** Reads the fields of a policy's `spec` that say whom it governs. Undefined, and a problem, where any cannot be read. */
export function subjectSelector(
  spec: Readonly<Record<string, unknown>>,
  namespace: string,
  problems: Problems,
): Selector | undefined {
  const consequence = SELECTS_NOTHING;
  const read = (field: string) => problems.selectorText(spec[field], `spec.${field}`, consequence);
  const selector = read('selector');
  const namespaceSelector = namespace === '' ? read('namespaceSelector') : '';
  const serviceAccountSelector = read('serviceAccountSelector');
  if (selector === undefined || namespaceSelector === undefined || serviceAccountSelector === undefined)
    return undefined;
  const combined = subjectText({ selector, namespaceSelector, serviceAccountSelector, namespace });
  return problems.combined(combined, 'spec.selector', consequence);
}
