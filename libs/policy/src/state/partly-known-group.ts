import { NAMESPACE_PREFIX, SERVICE_ACCOUNT_PREFIX } from '../model/items.ts';
import { NOT_KNOWN, type PartlyKnownLabels } from '../selector/partly-known.ts';
import type { Selector } from '../selector/selector.ts';
import type { LabelGroup, Parent } from './label-group.ts';

/** Whether a selector looks at labels that an endpoint has from its namespace or its service account. */
export function restsOnParents({ expression }: Selector): boolean {
  return expression.some((step) => 'label' in step && isOfParent(step.label));
}

const isOfParent = (label: string): boolean =>
  label.startsWith(NAMESPACE_PREFIX) || label.startsWith(SERVICE_ACCOUNT_PREFIX);

/**
 * The labels of a group of which something is not known: its own, where its item says so, or those of some parents.
 *
 * Nobody but a namespace and a service account gives a pod labels with their prefixes, and they give no others.
 */
export function partlyKnownLabels<M, U>(
  group: LabelGroup<M, U>,
  isPod: boolean,
  isOpen: (parent: Parent<M, U>) => boolean,
): PartlyKnownLabels {
  const { own, partlyKnown, serviceAccount } = group.item;
  const known = (name: string) => {
    const value = own.get(name);
    if (value !== undefined) return value;
    if (partlyKnown === true) {
      if (!isPod || !isOfParent(name)) return NOT_KNOWN;
      if (name.startsWith(SERVICE_ACCOUNT_PREFIX) && serviceAccount === '') return NOT_KNOWN;
    }
    for (const parent of group.parents) {
      if (isOpen(parent)) {
        if (mayGive(parent.name, name)) return NOT_KNOWN;
      } else {
        const inherited = parent.labels.get(name);
        if (inherited !== undefined) return inherited;
      }
    }
    return undefined;
  };
  return { get: known };
}

function mayGive(parent: string, label: string): boolean {
  if (parent.startsWith('kns.')) return label.startsWith(NAMESPACE_PREFIX);
  if (parent.startsWith('ksa.')) return label.startsWith(SERVICE_ACCOUNT_PREFIX);
  return true;
}
