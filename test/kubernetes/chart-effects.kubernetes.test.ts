import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { mergedValues, nestedValue } from '../testing/merged-values.ts';
import { CHART, HELM, HUB, type ChartValues } from './chart-rendering.ts';

/** What each value changes of a hub, by helm itself: a value without effect that is taken would be a mistake that nobody sees. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
}
type Tree = Readonly<Record<string, unknown>>;

const read = (path: string) => readFileSync(`${CHART}/${path}`, 'utf8');
const values = load(read('values.yaml')) as Tree;
const schema = JSON.parse(read('values.schema.json')) as Schema;
const isTaken = new Ajv({ strict: false }).compile(schema as object);

/** Everything that a hub may have, so that each value has something to change. */
const FULL = {
  ...HUB,
  kafka: { brokers: 'kafka:9092', saslSecret: 'k', schemaRegistry: { url: 'http://registry' } },
  networkPolicy: { from: [{ podSelector: {} }], egress: { enabled: true } },
  oidc: { issuer: 'https://id.example.org', clientId: 'margay' },
  url: 'https://margay.example.org',
  trustedProxies: ['10.0.0.1'],
  trustedHeaders: { enabled: true, secret: 'proxy' },
  tls: { secret: 'web' },
  service: { type: 'LoadBalancer' },
  ingress: { enabled: true, hosts: [{ host: 'margay.example.org' }] },
  httpRoute: { enabled: true, parentRefs: [{ name: 'gateway' }] },
  serviceMonitor: { enabled: true },
  podMonitor: { enabled: true },
  alerts: { enabled: true },
  grafanaDashboard: { enabled: true },
};

const least = mergedValues(values, HUB);

/** The paths of values, each with its schema. */
const leaves = ({ properties }: Schema, path: readonly string[] = []): [readonly string[], Schema][] =>
  Object.entries(properties ?? {}).flatMap(([key, inner]) =>
    inner.properties === undefined
      ? [[[...path, key], inner] as [readonly string[], Schema]]
      : leaves(inner, [...path, key]),
  );
const at = (tree: Tree, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Tree)[key], tree);

const TEXTS =
  `shop other 7s 17s 7Gi https://other.example.org other:9094 sha256:${'a'.repeat(64)} 2026-01-01T00:00:00Z None 10.7.0.0/16
  a=b /other/ other/ token LoadBalancer ClusterIP NodePort Local ClientIP SingleStack debug plain Always forwarded GOVERNANCE
  distributed embedded endpoints-ingress-unprotected 7% reports.example.org`.split(/\s+/);
const OBJECTS = [
  { name: 'other' },
  { host: 'other.example.org' },
  { secretName: 'other' },
  { name: 'other', mountPath: '/other' },
  { topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' },
  { type: 'RequestMirror' },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } },
  { podSelector: { matchLabels: { other: 'x' } } },
  { ...HUB.hub.cells[0]!, name: 'other' },
];
const TREES = [{ other: 'x' }, { periodSeconds: 77 }, { limits: { cpu: 7 } }, { a: { other: 'x' } }];

/** Another value that the schema takes at a path, whatever it says of values beside it. */
function otherThan(path: readonly string[], own: Schema): unknown {
  const now = at(mergedValues(values, FULL), path);
  const check = new Ajv({ strict: false }).compile(own as object);
  const candidates = [
    ...(typeof now === 'boolean' ? [!now] : []),
    ...(typeof now === 'number' ? [now + 1, 30_007] : []),
    ...TEXTS,
    `openid ${String(now)}`,
    [7],
    ...TEXTS.map((text) => [text]),
    ['witness.example.com/w+1a2b3c4d+AbC= https://witness.example.com'],
    ...OBJECTS.map((object) => [object]),
    ...TREES,
  ];
  const other = candidates.find((each) => check(each) && JSON.stringify(each) !== JSON.stringify(now));
  if (other === undefined) throw new Error(`No other value is known for ${path.join('.')}`);
  return other;
}

const rendered = (given: ChartValues): string =>
  execFileSync(HELM, ['template', 'margay', CHART, '--skip-schema-validation', '--values', '-'], {
    encoding: 'utf8',
    input: JSON.stringify(given),
    stdio: 'pipe',
  });

const changes = leaves(schema).map(([path, own]) => ({
  path,
  change: nestedValue(path, otherThan(path, own)),
  name: path.join('.'),
}));
const isRefused = ({ path, change }: (typeof changes)[number]) =>
  !isTaken(mergedValues(least, change)) &&
  isTaken.errors!.some(({ instancePath }) => `${instancePath}/`.startsWith(`/${path.join('/')}/`));

/** In the hub they are switches of what it has not: off or on, there is none of it. */
const OFF_ANYWAY = [
  'crds.enabled',
  'crds.keep',
  'auditIngestor.watch',
  'auditIngestor.webhook.tokens',
  'flowIngestor.http.tokens',
  'podDisruptionBudget.enabled',
];
/** Only whether something is refused. */
const OF_REFUSALS = ['strictValues'];
/** The volume of another profile stays an object of the release where it is there. */
const OF_A_VOLUME_THAT_IS_THERE = changes.filter(({ name }) => name.startsWith('embedded.persistence.'));
const [refused, taken] = [changes.filter(isRefused), changes.filter((change) => !isRefused(change))];
const without = taken.filter(
  (each) => [...OFF_ANYWAY, ...OF_REFUSALS].includes(each.name) || OF_A_VOLUME_THAT_IS_THERE.includes(each),
);
const whole = rendered(FULL);

test('what a hub refuses would change nothing of it', () => {
  expect(refused.length).toBeGreaterThan(100);
  const all = [...refused, ...without].filter(({ name }) => !['profile', ...OF_REFUSALS].includes(name));
  expect(rendered(all.reduce<Tree>((given, { change }) => mergedValues(given, change), FULL))).toBe(whole);
});

test.each(taken.filter((each) => !without.includes(each)).map(({ name, change }) => [name, change] as const))(
  '%s changes something of a hub',
  (_, change) => expect(rendered(mergedValues(FULL, change))).not.toBe(whole),
);
