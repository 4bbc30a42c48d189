import { definition, type CustomResourceDefinition } from './definition.ts';
import { condition } from './global-report-definition.ts';
import { flag, list, object, text, type Schema } from './schema.ts';

const template = (description: string): Schema =>
  object(
    description,
    {
      name: text('Of the template; the end of the name of the file that is downloaded.', {
        minLength: 1,
        maxLength: 253,
      }),
      description: text('What it is, for people.'),
      template: text(
        'A Go template, plain or in base64. Not read for the types that are built in, whose tables are written by the product.',
      ),
    },
    { required: ['name'] },
  );

const spec = object('What the reports of this type hold.', {
  uiSummaryTemplate: template('What a list shows of each report.'),
  downloadTemplates: list('The files that a report is downloaded as.', template('One file.')),
  includeEndpointData: flag('Whether endpoints, namespaces and services are in it.'),
  includeEndpointFlowLogData: flag('Whether the traffic of the endpoints is in it.'),
  includeProtectionChanges: flag('Whether what changed the verdicts on endpoints is in it, and who did it.'),
  auditEventsSelection: object('Which changes are in it; none where it is absent.', {
    resources: list(
      'Resources whose changes are taken. A field that is empty fits everything.',
      object('Resources that fit all of these.', {
        resource: text('Lower-case plural, such as networkpolicies.'),
        apiGroup: text('Such as networking.k8s.io.'),
        apiVersion: text('Such as v1.'),
        name: text('Of one object.'),
        namespace: text('Of the objects.'),
      }),
    ),
  }),
  includeCISBenchmarkData: flag('Whether CIS benchmark results are in it. Taken, and without effect.'),
});

const status = object('Whether reports of this type can be made. Written by the scheduler.', {
  conditions: {
    ...list('The present state by aspect: Accepted.', condition),
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['type'],
  },
});

/** The definition of GlobalReportType in an API group. */
export function globalReportTypeDefinition(group: string): CustomResourceDefinition {
  return definition({
    group,
    kind: 'GlobalReportType',
    plural: 'globalreporttypes',
    shortNames: ['grt'],
    description:
      'A type of compliance report: what its reports hold, and as which files they are downloaded.',
    properties: { spec, status },
    hasStatus: true,
    columns: [
      { name: 'Endpoints', type: 'boolean', jsonPath: '.spec.includeEndpointData' },
      { name: 'Flows', type: 'boolean', jsonPath: '.spec.includeEndpointFlowLogData' },
      { name: 'Downloads', type: 'string', jsonPath: '.spec.downloadTemplates[*].name' },
      {
        name: 'Accepted',
        type: 'string',
        jsonPath: '.status.conditions[?(@.type=="Accepted")].status',
      },
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
