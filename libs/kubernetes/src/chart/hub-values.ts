import { named, section, type JsonSchema, type Section, type Value, type Values } from './value.ts';

/** What a cluster may be called. */
export const CLUSTER = '[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?';

/** The key that checks a log, and not that of a witness, whose first byte is another one (C2SP signed-note). */
const LOG_KEY = '[^\\s+]+\\+[0-9a-f]{8}\\+A[Q-Za-f][A-Za-z0-9+/]{42}';

const closed = (required: readonly string[], properties: JsonSchema): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const some = (items: JsonSchema): JsonSchema => ({ type: 'array', minItems: 1, items });

const cells: Value = {
  about:
    'The cells that tell it of their clusters (HUB_CELLS): - name, api (where people reach the cell’s own API), and clusters: - name, keys (of its log of reports, as margay key prints them), and uid (of its namespace kube-system), where that is to be said.',
  initially: [],
  schema: {
    type: 'array',
    items: closed(['name', 'api', 'clusters'], {
      name: { type: 'string', minLength: 1, maxLength: 63 },
      api: { type: 'string', pattern: '^https?://[^@\\s/?#]+(/[^@\\s?#]*)?$' },
      clusters: some(
        closed(['name', 'keys'], {
          name: { type: 'string', pattern: `^${CLUSTER}$` },
          keys: some({ type: 'string', pattern: `^${LOG_KEY}$` }),
          uid: { type: 'string', pattern: '^[0-9a-fA-F-]{1,64}$' },
        }),
      ),
    }),
  },
};

/** The part that only the hub profile has. @param ofPod what the pods of every part may have. */
export const hubPart = (persistence: Section, ofPod: Values): Section =>
  section('The one pod of the hub profile.', {
    cells,
    cellsConfigMap: named(
      'Instead of cells: a ConfigMap with cells.json, which has the same as JSON. When it changes the pod has to be started anew.',
    ),
    persistence,
    ...ofPod,
  });
