import { expect, test } from 'vitest';
import { readManifests } from './read-reports.ts';

const type = (name: string, more = '') => `
apiVersion: projectcalico.org/v3
kind: GlobalReportType
metadata: {name: ${name}${more}}
spec:
  includeEndpointData: true
  downloadTemplates: [{name: mine.txt, template: "rows {{len .Endpoints}}"}]`;
const report = (name: string, reportType: string) => `
apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: {name: ${name}}
spec: {reportType: ${reportType}}`;

test.each([
  ['a type with a free name is taken', [type('own'), report('mine', 'own')], ['mine own mine.txt'], []],
  [
    'a type with the name of a built-in one is refused, and so are the reports that mean it',
    [type('inventory'), report('mine', 'inventory'), report('audit', 'policy-audit')],
    ['audit policy-audit'],
    [
      /GlobalReportType inventory: metadata.name: is inventory, as a report type that is built in/,
      /GlobalReport mine: spec.reportType is inventory/,
    ],
  ],
  [
    'the object of a built-in type is no type of users',
    [type('inventory', ', labels: {global-report-type: inventory}'), report('mine', 'inventory')],
    ['mine inventory'],
    [],
  ],
])('%s', (_, documents, used, problems) => {
  const read = readManifests([{ file: 'a.yaml', text: documents.join('\n---') }]);
  expect(
    read.reports.map(({ report: { name, spec, typeSpec } }) =>
      [name, spec.reportType, ...(typeSpec?.downloadTemplates ?? []).map((file) => file.name)].join(' '),
    ),
  ).toEqual(used);
  expect(read.problems.map(({ message }) => message)).toEqual(
    problems.map((words) => expect.stringMatching(words) as unknown),
  );
});

test('what is wrong is said of its report, and the others are used', () => {
  const text = [report('one', 'inventory'), report('two', 'nonsense'), report('{}', 'inventory')].join(
    '\n---',
  );
  const { reports, problems } = readManifests([{ file: 'a.yaml', text }]);
  expect(reports.map(({ report: { name } }) => name)).toEqual(['one']);
  expect(problems).toEqual([
    {
      report: 'two',
      message: expect.stringMatching(/^a.yaml: GlobalReport two: spec.reportType: is "nonsense"/),
    },
    {
      report: '(without a name)',
      message: expect.stringMatching(/^a.yaml: GlobalReport \(without a name\): metadata.name: /),
    },
  ]);
});

test('a report over many clusters is refused aloud where there is one, and taken where reports may be about others', () => {
  const text = report('all', "inventory, schedule: '0 0 * * *', clusters: {selector: 'all()'}");
  const files = [{ file: 'a.yaml', text }];
  expect(readManifests(files)).toEqual({
    reports: [],
    problems: [
      {
        report: 'all',
        message: expect.stringMatching(/^a.yaml: GlobalReport all: spec.clusters is refused: .* Take it out/),
      },
    ],
  });
  const taken = readManifests(files, { overClusters: true });
  expect(taken.reports.map(({ report: { spec } }) => spec.clusters)).toEqual([{ selector: 'all()' }]);
  expect(taken.problems).toEqual([]);
});
