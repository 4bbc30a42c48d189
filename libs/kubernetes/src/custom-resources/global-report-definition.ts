import { REPORT_TYPES } from '@margay/reports';
import { definition, type CustomResourceDefinition } from './definition.ts';
import { checked, flag, list, object, text, textMap, whole, type Schema } from './schema.ts';
import { SCHEDULE_CHARACTERS_MAX, SCHEDULE_RULES } from './schedule-rules.ts';
import { SELECTOR_CHARACTERS_MAX, SELECTOR_RULES } from './selector-rules.ts';

const RESOURCE_NAME = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';

const builtIn = [...REPORT_TYPES.keys()].join(', ');

const reportTypeName = text(`The kind of report: ${builtIn}, or the name of a GlobalReportType.`, {
  maxLength: 253,
  ...checked({
    rule: `self.matches('${RESOURCE_NAME}')`,
    message: `not the name of a report type: use ${builtIn} or the name of a GlobalReportType`,
  }),
});

const selector = (description: string): Schema =>
  text(description, { maxLength: SELECTOR_CHARACTERS_MAX, ...checked(...SELECTOR_RULES) });

const names = (description: string): Schema => list(description, { type: 'string' });

const endpoints = object(
  'Which endpoints the report is about; all of its conditions must hold. All endpoints where it is absent or empty. ' +
    'A report of changes then holds the changes of those policies that apply to these endpoints.',
  {
    selector: selector('By the labels of pods and host endpoints.'),
    namespaces: object('By namespace: names and selector must both hold where both are given.', {
      names: names('The namespaces that count.'),
      selector: selector('By the labels of the namespace.'),
    }),
    serviceAccounts: object('By service account: names and selector must both hold where both are given.', {
      names: names('The service accounts that count, in any namespace.'),
      selector: selector('By the labels of the service account.'),
    }),
  },
);

const percent = { minimum: 0, maximum: 100 };

const cis = object(
  'Parameters of CIS benchmark reports. Taken so that existing manifests apply; these reports are not made.',
  {
    includeUnscoredTests: flag('Whether tests count that the benchmark does not score.'),
    numFailedTests: whole('How many of the tests that failed most are shown.', { minimum: 1 }),
    highThreshold: whole('Per cent of tests passed from which a node counts as high.', percent),
    medThreshold: whole('Per cent of tests passed from which a node counts as medium.', percent),
    resultsFilters: list('The first filter that fits a node decides which of its results count.', {
      type: 'object',
      properties: {
        benchmarkSelection: object('Which nodes the filter fits.', {
          kubernetesVersion: text(
            'The beginning of the node\'s version, such as "1.34"; all where it is empty.',
          ),
        }),
        exclude: names('Tests that do not count.'),
        include: names('Tests that count in any case.'),
      },
    }),
  },
);

const spec = object(
  'Which report is made of what, and when.',
  {
    reportType: reportTypeName,
    endpoints,
    clusters: object(
      'The clusters that it is about, where one installation has several: each gets a report of its own, and all together one run. Taken where ' +
        'that is allowed (globalReports.overClusters of the chart), and refused in a condition elsewhere. Its own cluster alone where it is absent.',
      {
        selector: selector(
          'By the labels of clusters in configuration, and kubernetes.io/metadata.name, their name; all() for every cluster.',
        ),
      },
      { required: ['selector'] },
    ),
    schedule: text(
      'When: cron with five fields, in UTC. Each time ends one report and starts the next. At most two values in the ' +
        'minute field. Without a schedule the report is run by hand only.',
      { maxLength: SCHEDULE_CHARACTERS_MAX, ...checked(...SCHEDULE_RULES) },
    ),
    jobNodeSelector: textMap('Labels of the nodes on which the report is computed, as a Job of its own.'),
    suspend: flag('True = nothing new is begun; what was missed is made up for when it is false again.'),
    cis,
  },
  {
    required: ['reportType'],
    ...checked(
      {
        rule: '!(has(self.clusters) && has(self.jobNodeSelector))',
        message:
          'jobNodeSelector chooses nodes of one cluster, and clusters is about several: remove one of them',
      },
      {
        rule: '!has(self.clusters) || has(self.schedule)',
        message: 'runs over many clusters are begun by a schedule alone: give schedule',
      },
    ),
  },
);

const jobReference = object(
  'The Job that computes the report; empty where a worker does.',
  Object.fromEntries(
    ['apiVersion', 'fieldPath', 'kind', 'name', 'namespace', 'resourceVersion', 'uid'].map((field) => [
      field,
      { type: 'string' as const },
    ]),
  ),
);

const time = (description: string): Schema => text(description, { format: 'date-time' });

const reportJob = {
  start: time('Where the report begins, included.'),
  end: time('Where it ends, not included: the start of the next one.'),
  job: jobReference,
};
const job = (description: string): Schema =>
  object(description, reportJob, { required: ['start', 'end', 'job'] });
const completedJob = object(
  'A report that came to an end.',
  { ...reportJob, jobCompletionTime: time('When it did.') },
  { required: ['start', 'end', 'job'] },
);

export const condition = object(
  'One aspect of the present state.',
  {
    type: text('Which aspect.', { maxLength: 316 }),
    status: text('True, False or Unknown.', { enum: ['True', 'False', 'Unknown'] }),
    reason: text('The state in a word, for programs.', { maxLength: 1024 }),
    message: text('The state in a sentence, for people.', { maxLength: 32_768 }),
    observedGeneration: whole('The generation of the spec that this is about.', {
      format: 'int64',
      minimum: 0,
    }),
    lastTransitionTime: time('When the status last changed.'),
  },
  { required: ['type', 'status', 'lastTransitionTime', 'reason', 'message'] },
);

const status = object('What became of the schedule. Written by the scheduler.', {
  lastScheduledReportJob: job('The newest report that was begun; its end is the start of the next.'),
  activeReportJobs: list('Reports under way, at most five, oldest first.', job('A report under way.')),
  lastFailedReportJobs: list('The three newest that failed, newest first.', completedJob),
  lastSuccessfulReportJobs: list('The two newest that succeeded, newest first.', completedJob),
  clusters: object(
    'Of a report with spec.clusters: how many clusters have a report of its newest run, and how each is.',
    {
      chosen: whole('How many spec.clusters.selector chooses by now.'),
      reported: text('Of those that the newest run chose, so many have a report: 2/3.'),
      complete: whole('Those with a report whose evidence is complete.'),
      withGaps: whole('Those with a report whose evidence is not.'),
      failed: whole('Those whose report failed.'),
      missing: whole('Those whose report is missing.'),
      notYet: whole('Those whose report is still to come.'),
    },
  ),
  nextReportTime: time('When the next report ends; absent where none will.'),
  observedGeneration: whole('The generation of the spec that the scheduler has taken up.', {
    format: 'int64',
  }),
  conditions: {
    ...list('The present state by aspect.', condition),
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
});

/** The definition of GlobalReport in an API group. */
export function globalReportDefinition(group: string): CustomResourceDefinition {
  return definition({
    group,
    kind: 'GlobalReport',
    plural: 'globalreports',
    shortNames: ['gr'],
    description:
      'A compliance report that is made on a schedule: which type, about which endpoints, and when.',
    properties: { spec, status },
    hasStatus: true,
    columns: [
      { name: 'Type', type: 'string', jsonPath: '.spec.reportType' },
      { name: 'Schedule', type: 'string', jsonPath: '.spec.schedule' },
      { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
      { name: 'Last run', type: 'string', jsonPath: '.status.lastScheduledReportJob.end' },
      { name: 'Next run', type: 'string', jsonPath: '.status.nextReportTime' },
      {
        name: 'Last result',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="LastReportSucceeded")].reason',
      },
      { name: 'Clusters', type: 'string', jsonPath: '.status.clusters.reported', priority: 1 },
      {
        name: 'Problem',
        type: 'string',
        jsonPath: '.status.conditions[?(@.status=="False")].message',
        priority: 1,
      },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ],
  });
}
