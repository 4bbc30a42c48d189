import { whyNotYaml } from '@margay/ground';
import { loadAll } from 'js-yaml';

/** Characters of one file: far more than a folder of manifests has. */
export const YAML_LENGTH_MAX = 4 * 1024 * 1024;
const ALIASES_MAX = 1_000;
/** Values of one document, those that aliases stand for counted wherever they stand. */
const VALUES_MAX = 200_000;

/**
 * The documents of a YAML or JSON text.
 *
 * @throws Error in one line for what is no YAML, or more than anybody writes: aliases of aliases stand for any number of values
 * in few lines, and whoever goes through them never ends.
 */
export function yamlDocuments(text: string): unknown[] {
  if (text.length > YAML_LENGTH_MAX)
    throw new Error(`it has ${text.length} characters, and more than ${YAML_LENGTH_MAX} are not read`);
  let documents: unknown[];
  try {
    documents = loadAll(text, { maxAliases: ALIASES_MAX });
  } catch (error) {
    throw new Error(`not YAML${whyNotYaml(error)}`);
  }
  const sizes = new Map<object, number>();
  for (const document of documents)
    if (sizeOf(document, sizes) > VALUES_MAX)
      throw new Error(`its aliases stand for more than ${VALUES_MAX} values. Write out what is meant`);
  return documents;
}

/** How many values there are, wherever they stand; infinitely many where one stands within itself. */
function sizeOf(value: unknown, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 1;
  const size = known.get(value);
  if (size !== undefined) return size;
  known.set(value, Infinity);
  const sum = Object.values(value).reduce<number>((total, each) => total + sizeOf(each, known), 1);
  known.set(value, sum);
  return sum;
}
