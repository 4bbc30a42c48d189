import { at, nonEmptyText } from '@margay/ground';
import type { Version } from '@margay/history';
import { printName } from '@margay/policy';

/** The object of a version, as reports print it. */
export function printedVersion(version: Version): string {
  const { namespace, name, content } = version;
  const { kind, apiVersion } = content;
  const tier = nonEmptyText(at(content, 'spec', 'tier'));
  return printName({ kind, apiVersion, namespace, name, tier });
}
