import { readFileSync } from 'node:fs';
import { REPORT_TYPES } from '@margay/reports';
import { expect, test } from 'vitest';
import { customResourceDefinitions, definitionFiles } from './custom-resource-definitions.ts';
import { GROUP_OF_THE_CHART, predefinedReportTypes } from './report-types.ts';

test.each([
  ...[...definitionFiles()].map(([name, yaml]) => [`crds/${name}`, yaml] as const),
  ...[...definitionFiles(GROUP_OF_THE_CHART)].map(
    ([name, yaml]) => [`files/definitions/${name}`, yaml] as const,
  ),
])('charts/margay/%s is as its generator writes it', (name, yaml) => {
  const file = new URL(`../../../../charts/margay/${name}`, import.meta.url);
  expect(
    readFileSync(file, 'utf8'),
    'run node libs/kubernetes/src/custom-resources/write-definitions.ts',
  ).toBe(yaml);
});

test('another group is another group everywhere', () => {
  const text = JSON.stringify([
    customResourceDefinitions('reports.example.org'),
    predefinedReportTypes('reports.example.org'),
  ]);
  expect(text).not.toContain('projectcalico.org');
  expect(customResourceDefinitions('reports.example.org').map(({ metadata }) => metadata.name)).toEqual([
    'globalreports.reports.example.org',
    'globalreporttypes.reports.example.org',
  ]);
});

test('the object of a type audits what the type audits, and names the files that it makes', () => {
  for (const { metadata, spec } of predefinedReportTypes()) {
    const type = REPORT_TYPES.get(metadata.name)!;
    const selection = (spec['auditEventsSelection'] ?? { resources: [] }) as object;
    expect(selection).toEqual(type.spec.auditEventsSelection);
    expect((spec['downloadTemplates'] as { name: string }[]).map(({ name }) => name)).toEqual(
      type.downloads.map(({ name }) => name),
    );
  }
});

test('every type of report that can be made is installed as an object', () => {
  expect(predefinedReportTypes().map(({ metadata }) => metadata.name)).toEqual([...REPORT_TYPES.keys()]);
});

test('the object in the cluster says that what is audited is what the code audits', () => {
  const [object] = predefinedReportTypes().filter(({ metadata }) => metadata.name === 'policy-audit');
  expect(object!.spec['auditEventsSelection']).toEqual(
    REPORT_TYPES.get('policy-audit')!.spec.auditEventsSelection,
  );
});
