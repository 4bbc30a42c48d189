import { at, fields, list, text } from '@margay/ground';
import type { KubernetesClient } from '../client/client.ts';
import type { ApiObject } from '../client/resources.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import type { CustomResourceDefinition } from './definition.ts';
import { DEFINITIONS, fieldsBeyond } from './group-state.ts';

/** A release of the chart. */
export interface HelmRelease {
  readonly namespace: string;
  readonly name: string;
}

/** What came of a definition that a release was to take. */
export interface TakenDefinition {
  readonly isTaken: boolean;
  readonly message: string;
}

/**
 * Makes a definition that is there what this version's is, as an object of a release: Helm goes on with it at the next upgrade. A
 * definition that is not Margay's, or knows more than this version, stays as it is. Doing so again changes nothing.
 *
 * @throws Error for a name that is no definition of Margay's, and what the API server refuses.
 */
export async function takeDefinition(
  client: KubernetesClient,
  name: string,
  release: HelmRelease,
): Promise<TakenDefinition> {
  const own = ownDefinition(name);
  const why = whyNotToTake(await client.find(DEFINITIONS, { name }), own);
  if (why !== undefined)
    return { isTaken: false, message: `The definition ${name} was left as it is: ${why}.` };
  await client.apply(DEFINITIONS, { name }, ofRelease(own, release), { manager: HELM, force: true });
  return {
    isTaken: true,
    message: `The definition ${name} is of the release ${release.namespace}/${release.name}, and of this version.`,
  };
}

/** The fields that it owns are Helm's from now on, which writes by this name. */
const HELM = 'helm';

function ownDefinition(name: string): CustomResourceDefinition {
  const group = name.slice(name.indexOf('.') + 1);
  const own = customResourceDefinitions(group).find(({ metadata }) => metadata.name === name);
  if (own === undefined)
    throw new Error(
      `${name} is no definition of Margay’s: use globalreports.GROUP or globalreporttypes.GROUP`,
    );
  return own;
}

const ofRelease = (own: CustomResourceDefinition, { namespace, name }: HelmRelease) => ({
  ...own,
  metadata: {
    ...own.metadata,
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': namespace },
  },
});

/** Why a definition is not taken, or undefined where it may be. */
export function whyNotToTake(
  found: ApiObject | undefined,
  own: CustomResourceDefinition,
): string | undefined {
  if (found === undefined) return 'it is not there';
  if (describedAs(found['spec']) !== describedAs(own.spec)) return 'it is not one of Margay’s';
  const unknown = fieldsBeyond(own.spec, found['spec']);
  return unknown.length === 0 ? undefined : `it is newer, and knows ${unknown.join(', ')}`;
}

/** The description of the kind, which is the same in every version of Margay’s definitions. */
const describedAs = (spec: unknown): string =>
  text(at(fields(list(at(spec, 'versions'))[0]), 'schema', 'openAPIV3Schema', 'description'));
