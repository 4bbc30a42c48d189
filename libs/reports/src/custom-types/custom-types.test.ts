import { readFileSync } from 'node:fs';
import { readTemplate, TemplateProblem, valueOf } from '@margay/go-template';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { computeReport, readReportType, REPORT_TYPES, typeOfReport, type Report } from '../index.ts';
import { digestOf } from '../json/digest.ts';
import { headerOf } from '../json/parts.ts';
import { FLOWS, POLICY_EVENTS, SCOPE, TOLD, WINDOW } from '../testing/day.ts';
import { history } from '../testing/history.ts';
import { TEXT_FUNCTIONS } from './functions.ts';
import { printedResource, resourceIdOf } from './resource-id.ts';

const DATA = valueOf({
  l: ['a', 1, null, true, 2.5],
  s: ['b', 'a', 'b'],
  e: [],
  n: null,
  t: 'text',
  i: 7,
  f: 2.7,
  m: { b: 1, a: ['<x>'] },
});
const vectors = JSON.parse(
  readFileSync(new URL('testing/vectors.json', import.meta.url), 'utf8'),
) as (readonly [string, string | null])[];

// Written by `npm run vectors -w @margay/reports`, from what Sprig itself does.
test.each(vectors)('as Sprig does: %s', (template, output) => {
  let mine: string | null;
  try {
    mine = readTemplate('t', template, TEXT_FUNCTIONS).render(DATA);
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    mine = null;
  }
  expect(mine).toBe(output);
});

const manifest = (spec: object, name = 'who-talks') => ({
  apiVersion: 'projectcalico.org/v3',
  kind: 'GlobalReportType',
  metadata: { name },
  spec,
});
const reportOf = (spec: object, policyEvents = POLICY_EVENTS): Report => {
  const read = readReportType(manifest(spec));
  if (!('type' in read)) throw new Error(JSON.stringify(read));
  return computeReport({
    name: 'daily',
    cluster: 'prod-1',
    spec: { reportType: 'who-talks', endpoints: SCOPE },
    typeSpec: read.type.spec,
    window: WINDOW,
    versions: history(TOLD),
    policyEvents,
    flows: FLOWS,
  });
};
const ALL = {
  includeEndpointData: true,
  includeEndpointFlowLogData: true,
  auditEventsSelection: { resources: [{ resource: 'networkpolicies' }] },
};
const rendered = (template: string, spec: object = ALL): string => {
  const report = reportOf({ ...spec, downloadTemplates: [{ name: 'out.txt', template }] });
  return [...typeOfReport(report).downloads[0]!.render(report)].join('');
};

describe('times print as Go prints them', () => {
  const timed = { receivedAt: '2026-03-01T08:00:01.995000Z', finishedAt: '2026-03-01T08:00:02Z' };
  const over = (template: string): string => {
    const [first] = POLICY_EVENTS;
    const { receivedAt: requestReceivedTimestamp, finishedAt: stageTimestamp } = timed;
    const event = { ...first!.event, requestReceivedTimestamp, stageTimestamp };
    const report = reportOf({ ...ALL, downloadTemplates: [{ name: 'out.txt', template }] }, [
      { ...first!, event },
    ]);
    return [...typeOfReport(report).downloads[0]!.render(report)].join('');
  };
  // As Go's own time package writes them.
  test.each([
    [
      '{{with index .AuditEvents 0}}{{.RequestReceivedTimestamp}}{{end}}',
      '2026-03-01 08:00:01.995 +0000 UTC',
    ],
    ['{{with index .AuditEvents 0}}{{.StageTimestamp}}{{end}}', '2026-03-01 08:00:02 +0000 UTC'],
    [
      '{{with index .AuditEvents 0}}{{toJson .RequestReceivedTimestamp}}{{end}}',
      '"2026-03-01T08:00:01.995000Z"',
    ],
    ['{{with index .AuditEvents 0}}{{toJson .StageTimestamp}}{{end}}', '"2026-03-01T08:00:02.000000Z"'],
    ['{{with index .AuditEvents 0}}{{dateRfc3339 .RequestReceivedTimestamp}}{{end}}', '2026-03-01T08:00:01Z'],
    ['{{toJson .StartTime}}', '"2026-03-01T00:00:00Z"'],
    ['{{with index .Endpoints 0}}{{toJson .InScopeFrom}}{{end}}', '"2026-03-01T00:00:00.000000Z"'],
    ...(
      [
        ['15:04:05.000', '08:00:01.995 08:00:02.000'],
        ['15:04:05.999', '08:00:01.995 08:00:02'],
        ['05.999999999', '01.995 02'],
        ['05,000000', '01,995000 02,000000'],
        ['05.0000001', '01.0000003 02.0000003'],
        ['15:04:05.000000000', '08:00:01.995000000 08:00:02.000000000'],
        ['15.9 05', '08.9 01 08 02'],
      ] as const
    ).map(([layout, text]) => [
      `{{with index .AuditEvents 0}}{{.RequestReceivedTimestamp.Format "${layout}"}} {{.StageTimestamp.Format "${layout}"}}{{end}}`,
      text,
    ]),
  ])('%s', (template, text) => {
    expect(over(template!)).toBe(text);
  });
});

describe('what templates see', () => {
  test.each([
    ['{{.ReportName}} {{.ReportTypeName}} {{.Cluster}}', 'daily who-talks prod-1'],
    [
      '{{dateRfc3339 .StartTime}} {{dateRfc3339 .EndTime}} {{.StartTime}}',
      '2026-03-01T00:00:00Z 2026-03-02T00:00:00Z 2026-03-01 00:00:00 +0000 UTC',
    ],
    [
      '{{.EndTime.Format "Mon, 02 Jan 2006 15:04:05 MST"}} {{.EndTime.Unix}}',
      'Mon, 02 Mar 2026 00:00:00 UTC 1772409600',
    ],
    [
      '{{if .ReportSpec.Endpoints}}{{.ReportSpec.Endpoints.Selector}}{{end}} {{join ";" .ReportSpec.Endpoints.Namespaces.Names}}',
      'soc2 == "true" shop;pay',
    ],
    [
      '{{range .Endpoints}}{{.Endpoint}}={{.Endpoint.Namespace}}/{{.Endpoint.Name}} {{end}}',
      'Pod.v1(pay/ledger)=pay/ledger Pod.v1(shop/db-0)=shop/db-0 Pod.v1(shop/web-54c9f7f49f-x2x7z)=shop/web-54c9f7f49f-x2x7z ',
    ],
    [
      '{{with index .Endpoints 2}}{{join ";" .AppliedPolicies}}|{{join ";" .Services}}|{{.IngressProtected}}|{{.ServiceAccount}}{{end}}',
      'GlobalNetworkPolicy(security.pci);NetworkPolicy(shop/default.app.web);NetworkPolicy.networking.k8s.io/v1(shop/default-deny)|Service.v1(shop/web)|true|ServiceAccount.v1(shop/default)',
    ],
    [
      '{{sub .EndpointsSummary.NumTotal .EndpointsSummary.NumEgressProtected}} of {{.EndpointsSummary.NumTotal}}, {{len .Namespaces}} {{len .Services}}',
      '3 of 3, 2 2',
    ],
    ['{{range .Flows}}{{.Source}}>{{.Destination}} {{end}}', 'Public>Pod.v1(shop/web-54c9f7f49f-*)'],
    [
      '{{range .Endpoints}}{{flowsPrefix .}}:{{join "," (flowsIngress .)}}:{{join "," (flowsEgress .)}} {{end}}',
      'web-54c9f7f49f-*:Pod.v1(lab/toy),Public:Pod.v1(shop/db-0)',
    ],
    [
      '{{range .AuditEvents}}{{.Verb}} {{.ObjectRef.Resource}} {{.ObjectRef.Namespace}}/{{.ObjectRef.Name}} {{.User.Username}} {{.ResponseStatus.Code}} {{.ImpersonatedUser.Username}};{{end}}',
      'create networkpolicies shop/default-deny jane@example.com 200 ;',
    ],
    [
      '{{.AuditSummary.NumTotal}} {{len .CISBenchmark}} {{len (cisTopFailedTests .)}} {{.CISBenchmarkSummary.HighCount}}',
      ' 0 0 0',
    ],
    ['{{toJson (index .Namespaces 0)}}', '"namespace":{"kind":"Namespace","apiVersion":"v1","name":"pay"}'],
    ['{{toYaml .ReportSpec.Endpoints.Namespaces}}', 'names:\n  - shop\n  - pay\n'],
    ['{{.Evidence.firstSeenInMidLife.total}}', '0'],
  ])('%s', (template, text) => {
    expect(rendered(template)).toContain(text);
  });

  test('a table is quoted, and no spreadsheet runs its cells', () => {
    const table =
      '{{- $c := csv -}}{{- $c = $c.AddColumn "endpoint" "{{ .Endpoint }}" -}}{{- $c = $c.AddColumn "selector" "=a,\\"{{ .IngressProtected }}\\"" -}}{{ $c.Render .Endpoints }}';
    expect(rendered(table).split('\n').slice(0, 2)).toEqual([
      'endpoint,selector',
      'Pod.v1(pay/ledger),"\'=a,""true"""',
    ]);
    expect(rendered('{{ (csv.AddColumn "name" "{{ .ReportName }}").Render . }}')).toBe('name\ndaily\n');
  });

  test('plain and base64 are the same', () => {
    const template = '{{.ReportName}} – ü';
    const base64 = Buffer.from(template).toString('base64').replace(/.{10}/g, '$&\n');
    expect(rendered(base64)).toBe(rendered(template));
    expect(rendered('abcd')).toBe('abcd');
  });

  test('printed names are read back', () => {
    const word = fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,10}[a-z0-9])?$/);
    const kinds = [
      'Pod.v1',
      'NetworkPolicy',
      'GlobalNetworkPolicy',
      'NetworkPolicy.networking.k8s.io/v1',
      'HostEndpoint',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.option(word), word, (kind, namespace, name) => {
        const tiered = /^(Global)?NetworkPolicy$/.test(kind) ? `tier.${name}` : name;
        const printed = `${kind}(${namespace === null ? '' : `${namespace}/`}${tiered})`;
        expect(printedResource(resourceIdOf(printed))).toBe(printed);
      }),
    );
  });
});

describe('what a list shows', () => {
  const summary = (template: string) =>
    reportOf({ ...ALL, uiSummaryTemplate: { name: 'ui-summary.json', template } });

  test('is made by the template when the report is computed, and is part of its digest', () => {
    const report = summary(
      '{"heading": "Mine", "type": "panel", "widgets": [{"heading": "Pods", "type": "radialbarchart", "data": [{"label": "Closed", "value": {{ .EndpointsSummary.NumIngressProtected }}}], "summary": {"label": "Total", "total": {{ len .Endpoints }}}}]}',
    );
    expect(typeOfReport(report).uiSummary(report)).toEqual({
      heading: 'Mine',
      type: 'panel',
      widgets: [
        {
          heading: 'Pods',
          type: 'radialbarchart',
          data: [{ label: 'Closed', value: 3 }],
          summary: { label: 'Total', total: 3 },
        },
      ],
    });
    expect(report.uiSummaryProblem).toBeUndefined();
    expect(report.digest).toBe(digestOf(headerOf(report), report));
  });

  test.each([
    ['makes no JSON', 'no {{ .ReportName }}', 'ui-summary.json: makes no JSON'],
    ['fails', '{{ index .Endpoints 99 }}', 'ui-summary.json:1: index: index out of range: 99'],
    ['has no rings', '{"heading": "x"}', 'no widgets of type radialbarchart'],
    ['takes too long', '{{ range 100000 }}{{ range 100000 }}{{ end }}{{ end }}', 'it does more than'],
  ])('is the usual one where the template %s, which is told', (_, template, problem) => {
    const report = summary(template);
    expect(report.uiSummaryProblem).toContain(problem);
    expect(typeOfReport(report).uiSummary(report).widgets).toHaveLength(4);
  });
});

test.each([
  [
    'a template that cannot be read',
    { downloadTemplates: [{ name: 'a.csv', template: 'x\n{{ nope }}' }] },
    'spec.downloadTemplates[0].template: a.csv, line 2: there is no function nope',
  ],
  [
    'no template',
    { downloadTemplates: [{ name: 'a.csv', template: '' }] },
    'spec.downloadTemplates[0].template: is empty',
  ],
  [
    'a path for a name',
    { downloadTemplates: [{ name: '../a', template: 'x' }] },
    'spec.downloadTemplates[0].name: is "../a"',
  ],
  [
    'two of one name',
    {
      downloadTemplates: [
        { name: 'a', template: 'x' },
        { name: 'a', template: 'y' },
      ],
    },
    'spec.downloadTemplates[1].name: is a, as that of another',
  ],
  [
    'a name that is taken',
    { downloadTemplates: [{ name: 'report.json', template: 'x' }] },
    'which every report has',
  ],
  [
    'templates that are too long',
    { downloadTemplates: [{ name: 'a', template: 'x'.repeat(300_000) }] },
    'spec: has templates of 300000 characters',
  ],
  [
    'flows without endpoints',
    { includeEndpointFlowLogData: true },
    'spec.includeEndpointFlowLogData: is of no use',
  ],
  ['CIS benchmarks', { includeCISBenchmarkData: true }, 'there are no CIS benchmark results'],
  [
    'resources whose changes are not kept',
    { auditEventsSelection: { resources: [{ resource: 'secrets' }] } },
    'resources[0].resource: is "secrets", of which no changes are kept',
  ],
  ['a text for a flag', { includeEndpointData: 'yes' }, 'spec.includeEndpointData: is "yes"'],
])('a type with %s is refused', (_, spec, problem) => {
  const read = readReportType(manifest(spec));
  expect('problems' in read && read.problems.join('\n')).toContain(problem);
});

test.each([...REPORT_TYPES.keys()])('a type of users called %s is refused: that one is built in', (name) => {
  const own = manifest({ downloadTemplates: [{ name: 'mine.txt', template: 'mine' }] }, name);
  const read = readReportType(own);
  expect('problems' in read && read.problems.map(String)).toEqual([
    `metadata.name: is ${name}, as a report type that is built in. Give your type another name, here and in spec.reportType of its GlobalReports.`,
  ]);
  // The object of the built-in type carries its name in a label, and its templates are empty.
  const object = { ...own, metadata: { name, labels: { 'global-report-type': name } } };
  expect(readReportType(object)).toEqual({ builtIn: name });
});

test.each([
  [{}, 3],
  [{ resource: 'networkpolicies' }, 2],
  [{ apiGroup: 'networking.k8s.io' }, 1],
  [{ resource: 'networkpolicies', name: 'default-deny' }, 1],
  [{ namespace: 'pay' }, 0],
])('the audit events that fit %o are taken', (resource, atLeast) => {
  const report = reportOf({ auditEventsSelection: { resources: [resource] } });
  const refs = report.auditEvents.map((event) => (event as { objectRef: Record<string, string> }).objectRef);
  const fits = refs.every(
    (ref) =>
      (!('resource' in resource) || ref['resource'] === resource.resource) &&
      (!('namespace' in resource) || ref['namespace'] === resource.namespace) &&
      (!('name' in resource) || ref['name'] === resource.name) &&
      (!('apiGroup' in resource) || ref['group'] === resource.apiGroup),
  );
  expect(fits).toBe(true);
  expect(refs.length > 0).toBe(atLeast > 0);
});

test('the example type is read, and its files are made', () => {
  const example = load(
    readFileSync(new URL('../../../../examples/report-type.yaml', import.meta.url), 'utf8').split(
      '\n---\n',
    )[0]!,
  ) as { spec: object };
  const report = reportOf(example.spec);
  const [exposed, page] = typeOfReport(report).downloads.map((file) => [...file.render(report)].join(''));
  expect(exposed!.split('\n')[0]).toBe('endpoint,protected,openToInternet,peers');
  expect(page).toContain('daily, 2026-03-01 to 2026-03-02');
});
