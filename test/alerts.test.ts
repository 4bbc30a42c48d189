import { readFileSync } from 'node:fs';
import { METRICS } from '@margay/runtime';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string };
}

const { groups } = load(
  readFileSync(new URL('../charts/margay/files/alerts.yaml', import.meta.url), 'utf8'),
) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** What Prometheus itself adds to what it scrapes from a pod. */
const SCRAPED = ['pod', 'namespace', 'instance', 'job'];
const known = new Map(
  Object.values(METRICS).map(({ name, labels }) => [name as string, labels as readonly string[]]),
);

test.each(rules)('$alert asks for a metric that there is, by labels that it has', ({ expr, annotations }) => {
  const [name] = expr.match(/margay_\w+/) ?? [];
  const labels = known.get(name ?? '');
  expect(labels).toBeDefined();
  const asked = [
    ...(/by \(([^)]*)\)/.exec(expr)?.[1]?.split(',') ?? []),
    ...(/\{([^}]*)\}/.exec(expr)?.[1]?.match(/\w+(?=[=!])/g) ?? []),
  ].map((label) => label.trim());
  const grouped = /by \(([^)]*)\)/
    .exec(expr)?.[1]
    ?.split(',')
    .map((label) => label.trim());
  const shown = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label!);
  for (const label of asked) expect([...labels!, ...SCRAPED]).toContain(label);
  for (const label of shown) expect(grouped ?? labels).toContain(label);
});
