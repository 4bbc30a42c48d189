import * as z from 'zod';
import { cluster, clusters, clusterState } from './answers/cluster.ts';
import { comparison } from './answers/compare.ts';
import { coverage } from './answers/coverage.ts';
import { askedRun, globalReports } from './answers/global-report.ts';
import { parentRun, parentRuns } from './answers/parent-run.ts';
import { policyChange } from './answers/policy-change.ts';
import { ROWS, rows, type RowKind } from './answers/rows.ts';
import { runDetail, runs, trend } from './answers/run.ts';
import { session, sessions, signedOut, waysToSignIn } from './answers/session.ts';
import { timeline } from './answers/timeline.ts';
import type { Answer, Operation } from './operation.ts';
import {
  askRunQuery,
  growthQuery,
  parentRunsQuery,
  rowsQuery,
  runsQuery,
  stateQuery,
  timelineQuery,
  trendQuery,
} from './queries.ts';

const json = <S extends z.ZodType>(description: string, schema: S): Required<Answer<S>> => ({
  description,
  mediaType: 'application/json',
  schema,
});

const id = z.string().meta({ description: 'The id of a run.' });
const ofRun = z.object({ id });
const tilePlace = z.string().meta({ description: 'Which one, as in `000`, `x001/234` or `000.p/5`.' });
const kind = z.enum(Object.keys(ROWS) as [RowKind, ...RowKind[]]);

/** Every operation, by its `operationId`, in the order of the documentation. */
export const OPERATIONS = {
  clusters: {
    method: 'get',
    path: '/clusters',
    summary:
      'The clusters whose reports are here, as far as each lets something be seen; that which is meant where none is named first.',
    right: 'signed-in',
    answer: json('Names, and how each is by its newest reports.', clusters),
  },
  cluster: {
    method: 'get',
    path: '/cluster',
    summary: 'The cluster, and the time that its history spans.',
    right: 'list',
    answer: json('Names, version, span and counts.', cluster),
  },
  runs: {
    method: 'get',
    path: '/runs',
    summary: 'Runs of reports, newest window first.',
    right: 'list',
    query: runsQuery,
    answer: json('A page of runs.', runs),
  },
  run: {
    method: 'get',
    path: '/runs/{id}',
    summary: 'One run with its evidence and downloads.',
    right: 'list',
    runs: ['id'],
    parameters: ofRun,
    answer: json('The run.', runDetail),
    problems: [409, 410],
  },
  revise: {
    method: 'post',
    path: '/runs/{id}/revisions',
    summary:
      'Asks for the next revision: the same window, from the evidence that there is now. All reports over it stay.',
    right: 'run',
    inCell: true,
    runs: ['id'],
    parameters: ofRun,
    answer: json('The run that was asked for.', askedRun),
    problems: [409],
  },
  parentRuns: {
    method: 'get',
    path: '/parent-runs',
    summary:
      'Runs of GlobalReports over many clusters, newest window first: which were chosen, and how far each is. Of clusters of which one may see nothing how many there are.',
    right: 'list',
    inCell: true,
    query: parentRunsQuery,
    answer: json('A page of runs over many clusters.', parentRuns),
  },
  parentRun: {
    method: 'get',
    path: '/parent-runs/{parent}',
    summary: 'One run over many clusters.',
    right: 'list',
    inCell: true,
    parentRun: 'parent',
    parameters: z.object({ parent: z.string().meta({ description: 'The id of a run over many clusters.' }) }),
    answer: json('The run.', parentRun),
  },
  globalReports: {
    method: 'get',
    path: '/reports',
    summary: 'The GlobalReports, with what is due next and what came last.',
    right: 'list',
    inCell: true,
    answer: json('The GlobalReports, by name.', globalReports),
  },
  askRun: {
    method: 'post',
    path: '/reports/{name}/runs',
    summary: 'Asks for one run of a GlobalReport outside its schedule.',
    right: 'run',
    inCell: true,
    report: 'name',
    parameters: z.object({ name: z.string().meta({ description: 'The name of a GlobalReport.' }) }),
    query: askRunQuery,
    answer: json('The run that was asked for.', askedRun),
    problems: [409],
  },
  rows: {
    method: 'get',
    path: '/runs/{id}/rows/{kind}',
    summary:
      'The rows of one kind: endpoints, namespaces, services, auditEvents, refusedPolicyWrites, unsettledPolicyWrites, flows or protectionChanges.',
    right: 'export',
    inCell: true,
    runs: ['id'],
    parameters: z.object({ id, kind }),
    query: rowsQuery,
    answer: json('A page of rows.', rows),
    problems: [409, 410],
  },
  trend: {
    method: 'get',
    path: '/runs/{id}/trend',
    summary: 'Runs of the same report up to this one, oldest first.',
    right: 'list',
    runs: ['id'],
    parameters: ofRun,
    query: trendQuery,
    answer: json('The runs.', trend),
  },
  compare: {
    method: 'get',
    path: '/runs/{id}/compare/{other}',
    summary: 'Endpoints that appeared, vanished, lost or gained protection since the other run.',
    right: 'export',
    inCell: true,
    runs: ['id', 'other'],
    parameters: z.object({
      id,
      other: z.string().meta({ description: 'The id of an earlier run whose report has the same type.' }),
    }),
    takes: 'long',
    answer: json('Names of endpoints.', comparison),
    problems: [409, 410],
  },
  timeline: {
    method: 'get',
    path: '/runs/{id}/timeline',
    summary:
      'The life of one endpoint in the window: what applied when, and who changed what. Only while it is in the scope of the run, or of a report that one may export.',
    right: 'export',
    inCell: true,
    runs: ['id'],
    parameters: ofRun,
    query: timelineQuery,
    takes: 'long',
    answer: json('Spans and events.', timeline),
    problems: [409, 410],
  },
  change: {
    method: 'get',
    path: '/runs/{id}/changes/{auditId}',
    summary: 'What one event of a policy audit changed: the policy before and after it.',
    right: 'export',
    inCell: true,
    runs: ['id'],
    parameters: z.object({
      id,
      auditId: z.string().meta({ description: 'The `auditID` of the event.' }),
    }),
    answer: json('The policy before and after; null where there was none.', policyChange),
    problems: [409, 410],
  },
  download: {
    method: 'get',
    path: '/runs/{id}/downloads/{name}',
    summary: 'A file of the report: those of its type, report.json, report.pdf, evidence.zip.',
    right: 'export',
    inCell: true,
    runs: ['id'],
    parameters: z.object({ id, name: z.string().meta({ description: 'The name of a file.' }) }),
    takes: 'long',
    answer: { description: 'The file.', mediaType: 'application/octet-stream' },
    problems: [409, 410, 422],
  },
  state: {
    method: 'get',
    path: '/state',
    summary: 'The cluster at one instant, from the history.',
    right: 'scope',
    inCell: true,
    query: stateQuery,
    takes: 'long',
    answer: json('Namespaces, policies and endpoints.', clusterState),
  },
  coverage: {
    method: 'get',
    path: '/coverage',
    summary: 'What each source delivered over time.',
    right: 'scope',
    inCell: true,
    takes: 'long',
    answer: json('Sources.', coverage),
  },
  checkpoint: {
    method: 'get',
    path: '/log/checkpoint',
    summary:
      'The signed head of the log of reports (C2SP tlog-checkpoint). Keep it: a later one must go on from it.',
    right: 'cluster',
    answer: { description: 'A signed note.', mediaType: 'text/plain' },
  },
  tile: {
    method: 'get',
    path: '/log/tile/{level}/{place}',
    summary:
      'Hashes of the log of reports (C2SP tlog-tiles), 256 in a tile or, with `.p/W` at the end, so many: whoever has them makes any proof himself.',
    right: 'cluster',
    rest: 'place',
    parameters: z.object({
      level: z.string().meta({ description: '0 for hashes of entries, above those of whole tiles below.' }),
      place: tilePlace,
    }),
    answer: { description: 'Hashes, 32 bytes each.', mediaType: 'application/octet-stream' },
    problems: [409],
  },
  entries: {
    method: 'get',
    path: '/log/tile/entries/{place}',
    summary:
      'Entries of the log of reports (C2SP tlog-tiles), those whose hashes are in the tile of level 0: each after its length in two bytes. Of reports that one may get only.',
    right: 'list',
    together: true,
    rest: 'place',
    parameters: z.object({ place: tilePlace }),
    answer: { description: 'Entries.', mediaType: 'application/octet-stream' },
    problems: [409],
  },
  growth: {
    method: 'get',
    path: '/log/growth',
    summary:
      'The proof that the log of reports of one size goes on from that of an older one (RFC 6962, 2.1.2): a hash in base64 on each line.',
    right: 'cluster',
    query: growthQuery,
    answer: { description: 'Hashes.', mediaType: 'text/plain' },
    problems: [409],
  },
  events: {
    method: 'get',
    path: '/events',
    summary: 'Server-sent events: `runs` with each run whose state changes.',
    right: 'list',
    takes: 'stream',
    answer: { description: 'A stream that does not end.', mediaType: 'text/event-stream' },
  },
  waysToSignIn: {
    method: 'get',
    path: '/login',
    summary: 'The ways to sign in that there are here.',
    right: 'open',
    answer: json('The ways; none where nobody is asked who they are.', waysToSignIn),
  },
  signIn: {
    method: 'post',
    path: '/session',
    summary:
      'Begins a session of whoever has the bearer token: a cookie with an id, for pages that cannot put headers on downloads.',
    right: 'signed-in',
    answer: json('Whose token it is.', session),
  },
  signOut: {
    method: 'delete',
    path: '/session',
    summary: 'Ends the session.',
    right: 'open',
    answer: json('Where a browser goes on to.', signedOut),
  },
  sessions: {
    method: 'get',
    path: '/sessions',
    summary: 'One’s own sessions, wherever they were begun.',
    right: 'signed-in',
    answer: json('The sessions, newest first.', sessions),
  },
  signOutEverywhere: {
    method: 'delete',
    path: '/sessions',
    summary: 'Ends all of one’s own sessions.',
    right: 'signed-in',
    answer: json('Where a browser goes on to.', signedOut),
  },
} as const satisfies Readonly<Record<string, Operation>>;

export type OperationId = keyof typeof OPERATIONS;
