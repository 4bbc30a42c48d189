import { expect, test } from 'vitest';
import { parseInstant } from '@margay/ground';
import { jobsToDelete, jobState, type JobState } from './job-state.ts';
import { readReportEnvironment, reportEnvironment } from './report-environment.ts';
import { jobName, reportJob, type PodTemplate, type ReportJobInput } from './report-job.ts';

const START = parseInstant('2026-03-01T06:05:36Z')!;
const END = parseInstant('2026-03-02T00:00:00Z')!;

const template: PodTemplate = {
  metadata: { labels: { 'k8s-app': 'compliance-reporter' } },
  spec: {
    serviceAccountName: 'reporter',
    nodeSelector: { zone: 'a', nodetype: 'any' },
    containers: [
      {
        name: 'reporter',
        image: 'margay',
        env: [
          { name: 'LOG_LEVEL', value: 'info' },
          { name: 'TIGERA_COMPLIANCE_REPORT_NAME', value: 'to be set' },
        ],
      },
      { name: 'proxy' },
    ],
  },
};

const job = (more: Partial<ReportJobInput> = {}) =>
  reportJob({
    template,
    namespace: 'tigera-compliance',
    report: { apiVersion: 'projectcalico.org/v3', name: 'weekly-full-inventory', uid: 'u1' },
    window: { id: 'w1', start: START, end: END },
    ...more,
  });

test('a Job has the template, the window and the report’s nodes', () => {
  const { metadata, spec } = job({ jobNodeSelector: { nodetype: 'infrastructure' } });
  expect(metadata).toMatchObject({
    namespace: 'tigera-compliance',
    labels: { 'k8s-app': 'compliance-reporter', 'global-report-job': 'true' },
    ownerReferences: [
      { apiVersion: 'projectcalico.org/v3', kind: 'GlobalReport', name: 'weekly-full-inventory', uid: 'u1' },
    ],
  });
  expect(spec.backoffLimit).toBe(6);
  expect(spec.template.spec).toMatchObject({
    restartPolicy: 'Never',
    serviceAccountName: 'reporter',
    nodeSelector: { zone: 'a', nodetype: 'infrastructure' },
  });
  const variables = [
    { name: 'TIGERA_COMPLIANCE_REPORT_NAME', value: 'weekly-full-inventory' },
    { name: 'TIGERA_COMPLIANCE_REPORT_START_TIME', value: '2026-03-01T06:05:36Z' },
    { name: 'TIGERA_COMPLIANCE_REPORT_END_TIME', value: '2026-03-02T00:00:00Z' },
    { name: 'TIGERA_COMPLIANCE_JOB_NAMESPACE', value: 'tigera-compliance' },
  ];
  expect(spec.template.spec.containers.map(({ env }) => env)).toEqual([
    [{ name: 'LOG_LEVEL', value: 'info' }, ...variables],
    variables,
  ]);
});

test('without a node selector anywhere there is none', () => {
  const { nodeSelector: _, ...spec } = template.spec;
  expect(job({ template: { spec } }).spec.template.spec).not.toHaveProperty('nodeSelector');
});

test.each([
  ['weekly', 'w1'],
  ['with.dots.in.it', 'w1'],
  ['x'.repeat(253), 'w1'],
  [`${'x'.repeat(51)}-${'y'.repeat(9)}`, 'w1'],
])('the Job of %s has a name that Jobs may have', (report, window) => {
  const name = jobName(report, window);
  expect(name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
  expect(jobName(report, window)).toBe(name);
  expect(jobName(report, 'w2')).not.toBe(name);
});

const state = (status: object, annotations = job().metadata.annotations) =>
  jobState({ metadata: { name: 'j', namespace: 'n', uid: 'u', annotations }, status });

test.each([
  ['just made', {}, { state: 'waiting' }],
  ['with a pod', { active: 1 }, { state: 'running' }],
  [
    'complete',
    { completionTime: '2026-03-02T00:40:00Z', conditions: [{ type: 'Complete', status: 'True' }] },
    { state: 'succeeded', completedAt: parseInstant('2026-03-02T00:40:00Z') },
  ],
  [
    'given up',
    {
      conditions: [
        { type: 'Failed', status: 'True', message: 'too often', lastTransitionTime: '2026-03-02T00:41:00Z' },
      ],
    },
    { state: 'failed', reason: 'too often', completedAt: parseInstant('2026-03-02T00:41:00Z') },
  ],
  [
    'not yet complete',
    { active: 1, conditions: [{ type: 'Complete', status: 'False' }] },
    { state: 'running' },
  ],
])('a Job that is %s', (_, status, expected) => {
  expect(state(status)).toMatchObject({
    reportName: 'weekly-full-inventory',
    windowId: 'w1',
    start: START,
    end: END,
    ...expected,
  });
});

test('a Job of somebody else is none of ours', () => expect(state({}, {})).toBeUndefined());

test('three failed and two successful Jobs of each report are kept, and all that are not over', () => {
  const jobs = (['failed', 'succeeded', 'running'] as const).flatMap((one) =>
    [1, 2, 3, 4, 5].map((end): JobState => ({ ...state({})!, state: one, start: end - 1, end })),
  );
  expect(jobsToDelete(jobs).map((one) => `${one.state} ${one.end}`)).toEqual([
    'failed 2',
    'failed 1',
    'succeeded 3',
    'succeeded 2',
    'succeeded 1',
  ]);
});

test('what is asked for in the environment is what is read from it', () => {
  const request = { reportName: 'dev-inventory', start: START, end: END };
  expect(readReportEnvironment(reportEnvironment(request))).toEqual({ request });
  expect(readReportEnvironment({})).toEqual({
    problems: expect.arrayContaining([expect.stringContaining('REPORT_NAME is not set')]),
  });
  expect(readReportEnvironment(reportEnvironment({ ...request, end: START }))).toEqual({
    problems: [expect.stringContaining('must be after')],
  });
});
