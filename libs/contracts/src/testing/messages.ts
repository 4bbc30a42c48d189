import fc from 'fast-check';
import type { ClusterCoverageMark } from '../messages/coverage-mark.ts';
import type { ClusterFlow } from '../messages/flow.ts';
import type { HubNews } from '../messages/hub-news.ts';
import type { LogCheckpoint } from '../messages/log-checkpoint.ts';
import type { ClusterPolicyEvent } from '../messages/policy-event.ts';
import type { ReportCompleted } from '../messages/report-completed.ts';
import type { ParentRunSettled } from '../messages/parent-run-settled.ts';
import type { ReportFailed } from '../messages/report-failed.ts';
import type { ReportWindow } from '../messages/report-window.ts';
import type { ResourceChange } from '../messages/resource-change.ts';

/** Text of every kind, empty and beyond ASCII included. */
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
/** Up to what `avsc` takes: the year 2255. */
const instant = fc.integer({ min: 0, max: 2 ** 53 - 2 });
/** JSON as it comes back from JSON: no undefined, no -0. */
const json = fc
  .jsonValue({ noUnicodeString: false })
  .map((value) => JSON.parse(JSON.stringify(value)) as unknown);

const actor = fc.record({ user: text, impersonated: text }, { requiredKeys: ['user'] });
const key = { group: text, resource: text, namespace: text, name: text };
const window = { reportName: text, reportType: text, start: instant, end: instant };

const doubt = fc.record(
  {
    reason: text,
    may: fc.constantFrom('be-gone', 'differ', 'be-anything'),
    message: text,
    ends: fc.constant(true),
    passedOn: fc.constant(true),
    wasThere: fc.constant(true),
  },
  { requiredKeys: ['reason', 'may', 'message'] },
);

/** Any change of a resource. */
export const anyResourceChange: fc.Arbitrary<ResourceChange> = fc.record(
  {
    ...key,
    cluster: text,
    id: text,
    eventId: text,
    what: fc.constantFrom('present', 'gone', 'doubtful', 'patched', 'answered', 'absent', 'there'),
    uid: text,
    uidShown: fc.boolean(),
    resourceVersion: fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String),
    at: instant,
    receivedAt: instant,
    content: fc
      .record({ apiVersion: text, kind: text, metadata: fc.record({ name: text }), spec: json })
      .map((content) => JSON.parse(JSON.stringify(content)) as typeof content),
    created: fc.constant(true),
    doubt,
    generation: fc.nat(),
    basedOn: text,
    actor,
    origin: fc.record({ source: text, position: fc.nat() }),
  },
  {
    requiredKeys: [
      ...(['cluster', 'id', 'eventId', 'what', 'at', 'receivedAt', 'origin'] as const),
      ...(['group', 'resource', 'namespace', 'name'] as const),
    ],
  },
);

/** Any event of the audit trail. */
export const anyPolicyEvent: fc.Arbitrary<ClusterPolicyEvent> = fc.record(
  {
    ...key,
    cluster: text,
    eventId: text,
    at: instant,
    verb: text,
    outcome: fc.constantFrom('done', 'refused', 'unsettled'),
    event: json,
    actor,
  },
  {
    requiredKeys: [
      ...(['cluster', 'eventId', 'at', 'verb', 'outcome', 'event'] as const),
      ...(['group', 'resource', 'namespace', 'name'] as const),
    ],
  },
);

/** Any window. */
export const anyReportWindow: fc.Arbitrary<ReportWindow> = fc.record(
  {
    ...window,
    cluster: text,
    id: text,
    spec: json,
    manual: fc.boolean(),
    revision: fc.integer({ min: 2, max: 1_000 }),
    taken: fc.constant(true as const),
  },
  {
    requiredKeys: ['cluster', 'id', 'spec', 'manual', 'reportName', 'reportType', 'start', 'end'],
  },
);

/** Any completed report. */
export const anyReportCompleted: fc.Arbitrary<ReportCompleted> = fc.record(
  {
    ...window,
    cluster: text,
    id: text,
    digest: text,
    summary: json,
    generatedAt: instant,
    revision: fc.integer({ min: 2, max: 1_000 }),
    supersedes: text.filter((id) => id !== ''),
  },
  {
    requiredKeys: [
      ...(['cluster', 'id', 'digest', 'summary', 'generatedAt'] as const),
      ...(['reportName', 'reportType', 'start', 'end'] as const),
    ],
  },
);

/** Any failed window. */
export const anyReportFailed: fc.Arbitrary<ReportFailed> = fc.record({
  ...window,
  cluster: text,
  id: text,
  reason: text,
  attempts: fc.nat(100),
  failedAt: instant,
});

/** Any run over many clusters that came to something. */
export const anyParentRunSettled: fc.Arbitrary<ParentRunSettled> = fc.record({
  ...window,
  cluster: text,
  id: text,
  state: fc.constantFrom('complete', 'with gaps', 'failed'),
  clusters: fc.nat(1_000),
  complete: fc.nat(1_000),
  withGaps: fc.nat(1_000),
  failed: fc.nat(1_000),
  missing: fc.nat(1_000),
  settledAt: instant,
});

/** Any head of a log. */
export const anyLogCheckpoint: fc.Arbitrary<LogCheckpoint> = fc.record({
  cluster: text,
  origin: text,
  size: fc.nat(),
  checkpoint: text,
});

const provenEntry = { entry: text, proof: text };

/** Any news for a hub. */
export const anyHubNews: fc.Arbitrary<HubNews> = fc.record(
  {
    cluster: text,
    checkpoint: text,
    keyChanges: fc.array(fc.record(provenEntry)),
    report: fc.record(
      { ...provenEntry, header: text, statement: text },
      { requiredKeys: ['entry', 'proof', 'header'] },
    ),
    signedAt: text,
  },
  { requiredKeys: ['cluster', 'checkpoint', 'keyChanges'] },
);

const flowEnd = fc.record({
  type: fc.constantFrom('pod', 'hostEndpoint', 'networkSet', 'network'),
  namespace: text,
  name: text,
  nameIsPrefix: fc.boolean(),
});

/** Any flow. */
export const anyFlow: fc.Arbitrary<ClusterFlow> = fc.record({
  cluster: text,
  id: text,
  startAt: instant,
  endAt: instant,
  reporter: fc.constantFrom('src', 'dst', 'fwd'),
  action: fc.constantFrom('allow', 'deny'),
  source: flowEnd,
  destination: flowEnd,
});

const counts = fc
  .array(fc.tuple(fc.constantFrom('kept', 'ignored:refused', 'unusable:no-uid'), fc.nat()))
  .map((entries) => Object.fromEntries(entries));

const canary = fc.record(
  {
    writer: text,
    server: text,
    servers: fc.nat(),
    sequence: fc.nat(),
    state: fc.constantFrom('seen', 'written', 'failed', 'lost'),
    at: instant,
    since: instant,
    message: text,
  },
  { requiredKeys: ['writer', 'server', 'servers', 'sequence', 'state', 'at'] },
);

/** Any coverage mark. */
export const anyCoverageMark: fc.Arbitrary<ClusterCoverageMark> = fc.record(
  {
    cluster: text,
    source: text,
    from: fc.nat(),
    to: fc.nat(),
    goesOnFrom: text,
    setBack: fc.array(fc.record({ start: instant, end: instant, until: instant }), { minLength: 1 }),
    buckets: fc.array(
      fc.record(
        {
          minute: instant,
          first: instant,
          last: instant,
          counts,
          silences: fc.array(fc.nat(59_999_999), { minLength: 1 }),
        },
        { requiredKeys: ['minute', 'first', 'last', 'counts'] },
      ),
    ),
    timeless: counts,
    problems: fc.array(
      fc.record(
        {
          position: fc.nat(),
          kind: fc.constantFrom('doubtful', 'unusable'),
          reason: text,
          message: text,
          at: instant,
        },
        { requiredKeys: ['position', 'kind', 'reason', 'message'] },
      ),
    ),
    problemsTotal: fc.nat(),
    canaries: fc.array(canary, { minLength: 1 }),
    listed: fc.record({
      group: text,
      resource: text,
      at: instant,
      resourceVersion: text,
      isWhole: fc.boolean(),
      uids: fc.array(text),
    }),
  },
  {
    requiredKeys: ['cluster', 'source', 'from', 'to', 'buckets', 'timeless', 'problems', 'problemsTotal'],
  },
);
