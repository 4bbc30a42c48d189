import { NAMESPACE_PREFIX, SERVICE_ACCOUNT_PREFIX } from '../model/items.ts';
import { SelectorError } from '../selector/error.ts';
import { partlyMatches, type PartlyKnownLabels } from '../selector/partly-known.ts';
import { parseSelector, type Selector } from '../selector/selector.ts';
import type { LabelGroup } from './label-group.ts';

/** Names and labels that a namespace, or a service account, must have; absent and empty parts demand nothing. */
export interface ScopeCondition {
  readonly names?: readonly string[];
  /** Over the labels of the namespace or service account itself. */
  readonly selector?: string;
}

/**
 * The endpoints that a report is about: a GlobalReport's `spec.endpoints`. All parts must hold; an empty scope is
 * everything. Host endpoints have no namespace and no service account, so a condition on these leaves them out.
 */
export interface Scope {
  /** Over endpoint labels; absent or empty for all. */
  readonly selector?: string;
  readonly namespaces?: ScopeCondition;
  readonly serviceAccounts?: ScopeCondition;
}

/** A scope that was read. */
export interface CompiledScope {
  /** Its selectors, over endpoint labels. When one starts or stops to match a group, its scope may have changed. */
  readonly selectors: readonly Selector[];
  /**
   * Whether a group is in scope; undefined where that is not known.
   *
   * @param labels given where some labels of the group are not known.
   */
  includes<M, U>(
    group: LabelGroup<M, U>,
    isPod: boolean,
    labels: PartlyKnownLabels | undefined,
  ): boolean | undefined;
}

/** Reads a scope. Throws `SelectorError` naming the field that cannot be read. */
export function compileScope(scope: Scope): CompiledScope {
  const endpoint = read(scope.selector, 'spec.endpoints.selector');
  const namespaces = condition(scope.namespaces, 'spec.endpoints.namespaces', NAMESPACE_PREFIX);
  const accounts = condition(scope.serviceAccounts, 'spec.endpoints.serviceAccounts', SERVICE_ACCOUNT_PREFIX);
  const selectors = [endpoint, namespaces?.selector, accounts?.selector].filter(
    (given) => given !== undefined,
  );
  const podsOnly = namespaces !== undefined || accounts !== undefined;
  return {
    selectors,
    includes(group, isPod, labels) {
      if (podsOnly && !isPod) return false;
      const { namespace, serviceAccount, partlyKnown } = group.item;
      if (namespaces !== undefined && namespaces.names.size > 0 && !namespaces.names.has(namespace))
        return false;
      const isAnyAccount = partlyKnown === true && serviceAccount === '';
      const namesAccounts = accounts !== undefined && accounts.names.size > 0;
      if (namesAccounts && !isAnyAccount && !accounts.names.has(serviceAccount)) return false;
      if (labels === undefined) return selectors.every((selector) => selector.matches(group));
      const parts = selectors.map(({ expression }) => partlyMatches(expression, labels));
      if (parts.includes(false)) return false;
      return parts.includes(undefined) || (namesAccounts && isAnyAccount) ? undefined : true;
    },
  };
}

/** Reads several scopes, of which an endpoint needs to be in one only; of none, nothing is in scope. */
export function compileScopes(scopes: readonly Scope[]): CompiledScope {
  const each = scopes.map(compileScope);
  if (each.length === 1) return each[0]!;
  return {
    selectors: each.flatMap(({ selectors }) => selectors),
    includes(group, isPod, labels) {
      const answers = each.map((one) => one.includes(group, isPod, labels));
      return answers.includes(true) ? true : answers.includes(undefined) ? undefined : false;
    },
  };
}

function condition(given: ScopeCondition | undefined, field: string, prefix: string) {
  const names = new Set(given?.names);
  const selector = read(given?.selector, `${field}.selector`)?.prefixed(prefix);
  return names.size === 0 && selector === undefined ? undefined : { names, selector };
}

function read(text: string | undefined, field: string): Selector | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return parseSelector(text);
  } catch (error) {
    throw error instanceof SelectorError ? error.inField(field) : error;
  }
}
