import { existsSync, readFileSync } from 'node:fs';
import { METRICS, readConfig } from '@margay/runtime';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import type * as z from 'zod';

/** The compose file, held against what each service says of its own settings. No container runs here: docs say what was tried. */
const ROOT = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: string | readonly string[] };
  readonly volumes?: readonly string[];
  readonly configs?: readonly { readonly source: string; readonly target: string }[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
}

/** With what is merged into each mapping (`<<`), which YAML 1.2 has no more, and compose goes by. */
function merged(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(merged);
  if (typeof value !== 'object' || value === null) return value;
  const { '<<': base, ...own } = value as Record<string, unknown>;
  const inner = Object.fromEntries(Object.entries(own).map(([key, each]) => [key, merged(each)]));
  return base === undefined ? inner : { ...(merged(base) as object), ...inner };
}

const { services, volumes, configs } = merged(load(read('docker-compose.yml'))) as {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly configs: Readonly<Record<string, { readonly content: string }>>;
};
const own = Object.entries(services).filter(([, { build }]) => build !== undefined);

/** What a variable is where whoever starts compose sets none: its default, or nothing. */
const substituted = (value: string | number): string =>
  String(value).replace(/\$\{\w+:-([^}]*)\}/g, (_, initially: string) => initially);

const environmentOf = ({ environment = {} }: Service): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, substituted(value)]));

type Schema = z.ZodObject;
const configOf = async (name: string): Promise<Schema> =>
  ((await import(new URL(`services/${name}/src/config.ts`, ROOT).href)) as { readonly config: Schema })
    .config;

test('every service that has settings is there, under the name by which the image starts it', () => {
  expect(own.map(([name]) => name)).toEqual([
    'audit-ingestor',
    'flow-ingestor',
    'snapshotter',
    'scheduler',
    'report-worker',
    'notifier',
    'api',
  ]);
  for (const [name, { command }] of own) expect([name, command]).toEqual([name, [name]]);
});

/** What every process has beside its own settings. */
const OF_EVERY_PROCESS = ['HTTP_HOST', 'HTTP_PORT', 'LOG_LEVEL'];

test.each(own)('%s knows every variable that it is given, and lacks none', async (name, service) => {
  const config = await configOf(name);
  const environment = environmentOf(service);
  // The notifier has nothing to do without an address, and compose starts it only where one is given.
  if (name === 'notifier') environment['NOTIFY_URL'] ||= 'https://hooks.example.com/x';
  // What is set for all may be about what this one has nothing to do with, but not what no service knows.
  const all = new Set(
    (await Promise.all(own.map(async ([each]) => Object.keys((await configOf(each)).shape)))).flat(),
  );
  const forAll = Object.keys(environmentOf(services['snapshotter']!));
  const unknown = Object.keys(environment).filter(
    (key) =>
      !(key in config.shape) && !OF_EVERY_PROCESS.includes(key) && !(forAll.includes(key) && all.has(key)),
  );
  expect(unknown).toEqual([]);
  const settings = readConfig(config, environment) as Record<string, unknown>;
  expect(settings['KAFKA_BROKERS'] ?? ['kafka:9092']).toEqual(['kafka:9092']);
});

test('addresses in settings are those of services, on ports that these listen on', () => {
  const listeners = substituted(services['kafka']!.environment!['KAFKA_ADVERTISED_LISTENERS']!);
  expect(listeners).toBe('PLAINTEXT://kafka:9092');
  for (const [, service] of own) {
    const { KAFKA_BROKERS, ELASTICSEARCH_URLS, HTTP_PORT } = environmentOf(service);
    expect([KAFKA_BROKERS, ELASTICSEARCH_URLS, HTTP_PORT]).toEqual([
      'kafka:9092',
      'http://elasticsearch:9200',
      '8080',
    ]);
  }
  expect(services['api']!.ports).toEqual(['127.0.0.1:8080:8080']);
  expect(read('docker-compose.yml')).toContain('SCHEMA_REGISTRY_URL=http://schema-registry:8080/');
});

test.each(own)(
  '%s is healthy when it says so itself, and waits for what it needs',
  (_, { healthcheck, depends_on }) => {
    const [kind, program, , script] = healthcheck!.test as readonly string[];
    expect([kind, program]).toEqual(['CMD', 'node']);
    expect(script).toContain("fetch('http://127.0.0.1:8080/readyz')");
    for (const [needed, { condition }] of Object.entries(depends_on!)) {
      expect(condition).toBe('service_healthy');
      expect(services[needed]?.healthcheck).toBeDefined();
    }
    expect(Object.keys(depends_on!)).toEqual(['kafka', 'elasticsearch']);
  },
);

test.each(Object.entries(services))('%s is of one version', (_, { image, build }) => {
  if (build !== undefined) expect(image).toBe('margay:local');
  else expect(image).toMatch(/^docker\.(io|elastic\.co)\/[\w./-]+:v?\d+\.\d+\.\d+$/);
});

test('what is mounted is there, and what is written to is a volume', () => {
  for (const [name, { volumes: mounted = [], read_only: isReadOnly, environment }] of Object.entries(
    services,
  ))
    for (const mount of mounted) {
      const [from = '', to, mode] = mount.split(':');
      if (!from.startsWith('./')) expect(Object.keys(volumes)).toContain(from);
      else expect([name, mode]).toEqual([name, 'ro']);
      if (from.endsWith('.json')) expect(existsSync(new URL(from, ROOT))).toBe(true);
      if (isReadOnly && !from.startsWith('./')) expect(environment!['POSITIONS_DIRECTORY']).toBe(to);
    }
});

test('Prometheus asks every service, and Grafana shows the dashboard that the chart has', () => {
  const { scrape_configs: jobs } = load(configs['prometheus']!.content) as {
    readonly scrape_configs: readonly {
      readonly static_configs: readonly { readonly targets: string[] }[];
    }[];
  };
  expect(jobs[0]!.static_configs[0]!.targets).toEqual(own.map(([name]) => `${name}:8080`));
  const { datasources } = load(configs['grafana-source']!.content) as { readonly datasources: object[] };
  expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090' }]);
  const { providers } = load(configs['grafana-dashboards']!.content) as { readonly providers: object[] };
  expect(providers).toMatchObject([{ options: { path: '/dashboards' } }]);
  for (const { configs: used = [] } of Object.values(services))
    for (const { source } of used) expect(Object.keys(configs)).toContain(source);
  // Which metrics it asks for is held against those that there are in monitoring.process.test.ts.
  expect(Object.keys(METRICS).length).toBeGreaterThan(10);
});
