import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { anyone } from '@margay/api';
import type { ClusterState } from '@margay/api-contract';
import { formatInstant, parseInstant, type Instant } from '@margay/ground';
import type { EndpointRow } from '@margay/reports';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { apiHere } from './testing/api-application.ts';
import { AUDIT_LOG, margay } from './testing/margay.ts';
import { recordedStores, report, windowOf } from './testing/recorded-stores.ts';

/*
 * A log that begins in the middle of the cluster's life, of which a part is missing, and in which a kind is defined late that restricts
 * traffic in ways that are not understood. What is not known for it at an instant is not
 * known in a report about that instant, and must not be known anywhere else either.
 */
const folder = mkdtempSync(join(tmpdir(), 'margay-'));
const log = join(folder, 'audit.log');
const lines = gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8').trimEnd().split('\n');
const timeOf = (line: string): Instant =>
  parseInstant((JSON.parse(line) as { stageTimestamp: string }).stageTimestamp) ?? NaN;
const [FROM, HOLE, AFTER] = [900, 1_300, 1_900];
const DEFINED = 2_250;
const definedAt = timeOf(lines[DEFINED]!);
const definition = JSON.stringify({
  kind: 'Event',
  apiVersion: 'audit.k8s.io/v1',
  level: 'Metadata',
  auditID: 'defined-late',
  stage: 'ResponseComplete',
  verb: 'create',
  user: { username: 'installer' },
  objectRef: {
    resource: 'customresourcedefinitions',
    name: 'ciliumnetworkpolicies.cilium.io',
    apiGroup: 'apiextensions.k8s.io',
    apiVersion: 'v1',
  },
  responseStatus: { code: 201 },
  requestReceivedTimestamp: formatInstant(definedAt),
  stageTimestamp: formatInstant(definedAt),
});
writeFileSync(
  log,
  `${[...lines.slice(FROM, HOLE), ...lines.slice(AFTER, DEFINED), definition, ...lines.slice(DEFINED)].join('\n')}\n`,
);
const begin = timeOf(lines[FROM]!);
const INSTANTS = [
  begin + 1_000,
  timeOf(lines[1_200]!),
  timeOf(lines[1_600]!),
  timeOf(lines[2_200]!),
  timeOf(lines[2_300]!),
];

const stores = await recordedStores(log);
let http: Awaited<ReturnType<typeof apiHere>>;
beforeAll(async () => {
  http = await apiHere({ stores, access: anyone });
});
afterAll(async () => {
  await http.close();
  await stores.close();
  rmSync(folder, { recursive: true });
});
const json = async <T>(url: string): Promise<T> => {
  const answer = await http.inject({ url });
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.body}`);
  return answer.json<T>();
};
const reportAt = (at: Instant) =>
  report(stores, windowOf(`at-${at}`, 'network-access', { start: at, end: at + 1 }));

const FLAGS = ['ingressProtected', 'egressProtected', 'ingressFromInternet', 'egressToInternet'] as const;
type Said = Pick<EndpointRow, (typeof FLAGS)[number] | 'endpoint' | 'notKnown'>;
const said = (row: Said) => ({
  endpoint: row.endpoint,
  flags: FLAGS.map((flag) => (row.notKnown.includes(flag) ? 'not known' : row[flag])),
});

test.each(INSTANTS)('the API’s state at %i says what a report about that instant says', async (at) => {
  const { endpoints } = await reportAt(at);
  const state = await json<{ endpoints: Said[] }>(`/api/v1/state?limit=1000&at=${formatInstant(at)}`);
  expect(state.endpoints.map(said)).toEqual(endpoints.map(said));
});

test.each(INSTANTS)('the API’s state at %i says why it does not know, as a row does', async (at) => {
  const { endpoints, evidence } = await reportAt(at);
  const rows = new Map(endpoints.map(({ endpoint, doubts }) => [endpoint, doubts]));
  // What names alone tell of is in the reports.
  const known = evidence.doubts.listed.filter(({ reason }) => reason !== 'never-seen');
  const listed = new Map(known.map((doubt) => [doubt.id, doubt]));
  const state = await json<ClusterState>(`/api/v1/state?limit=1000&at=${formatInstant(at)}`);
  for (const { endpoint, notKnown, doubts } of state.endpoints) {
    expect({ endpoint, doubts }).toEqual({ endpoint, doubts: notKnown.length > 0 ? rows.get(endpoint) : [] });
    for (const id of doubts) expect(state.doubts.listed.find((one) => one.id === id)).toEqual(listed.get(id));
  }
  expect(state.doubts.total).toBe(known.length);
});

test('in the hole nobody knows, and after it something is known again', async () => {
  const known = [];
  for (const at of INSTANTS) {
    const { endpoints } = await reportAt(at);
    known.push(endpoints.flatMap((row) => said(row).flags).filter((flag) => flag !== 'not known').length);
  }
  expect(known[2]).toBe(0);
  expect(known[3]).toBeGreaterThan(0);
});

test('what a kind that is defined may hold is open in the state as in the report', async () => {
  const [, , , , at] = INSTANTS as [Instant, Instant, Instant, Instant, Instant];
  const { evidence } = await reportAt(at);
  const { about } = evidence.doubts.listed.find(({ reason }) => reason === 'foreign-kind')!;
  expect(about).toBe('ciliumnetworkpolicies.cilium.io');
  const state = JSON.parse(margay(['state', '--audit-log', log, '--at', formatInstant(at)]).out) as {
    doubts: { about: string }[];
  };
  expect(state.doubts.map((one) => one.about)).toContain(about);
});

test('margay explain says of an endpoint what a report about that instant says, and why', async () => {
  const [, at] = INSTANTS as [Instant, Instant];
  const { endpoints, evidence } = await reportAt(at);
  const reasons = new Map(evidence.doubts.listed.map(({ id, message }) => [id, message]));
  const open = endpoints.find(
    ({ notKnown, notKnownInScope }) => notKnown.length > 0 && notKnownInScope.intervals.length === 0,
  )!;
  const explained = JSON.parse(
    margay(['explain', open.endpoint, '--audit-log', log, '--at', formatInstant(at), '-o', 'json']).out,
  ) as { flags: { flag: string; notKnown: boolean }[]; doubts: { id: string; message: string }[] };
  expect(explained.flags.filter(({ notKnown }) => notKnown).map(({ flag }) => flag)).toEqual(
    open.notKnown.filter((flag) => flag !== 'envoyEnabled'),
  );
  expect(explained.doubts.map(({ id }) => id).sort()).toEqual(open.doubts);
  for (const { id, message } of explained.doubts) expect(message).toBe(reasons.get(id));
  const { out } = margay(['explain', open.endpoint, '--audit-log', log, '--at', formatInstant(at)]);
  expect(out).toContain('What leaves it open\n  - everything: ');
  const nobody = margay(['explain', 'none/none', '--audit-log', log, '--at', formatInstant(at)]);
  expect(nobody.err).toMatch(
    /It is not known whether none\/none existed .* in the middle of the cluster’s life/,
  );
});

test('margay state in the hole: what was seen before it may be gone or other', () => {
  const [, , at] = INSTANTS as [Instant, Instant, Instant];
  const state = JSON.parse(margay(['state', '--audit-log', log, '--at', formatInstant(at)]).out) as {
    resources: { kind: string; doubt?: string; validFrom: string }[];
    doubts: { about: string }[];
  };
  expect(state.resources.length).toBeGreaterThan(50);
  expect(state.resources.every(({ doubt }) => doubt !== undefined)).toBe(true);
  expect(
    state.resources.some(({ validFrom }) => (parseInstant(validFrom) ?? NaN) < timeOf(lines[HOLE]!)),
  ).toBe(true);
  expect(state.doubts.map(({ about }) => about)).toContain('everything');
});

test('a timeline leaves open what its report leaves open', async () => {
  const whole = { start: begin, end: timeOf(lines.at(-1)!) };
  const { endpoints } = await report(stores, windowOf('whole', 'network-access', whole));
  let intervals = 0;
  for (const { endpoint, notKnownIngress } of endpoints) {
    interface Span {
      readonly start: string;
      readonly end: string;
      readonly isCertain: boolean;
      readonly flags: Readonly<Record<string, boolean>>;
      readonly notKnown: readonly string[];
    }
    const { spans } = await json<{ spans: Span[] }>(
      `/api/v1/runs/whole/timeline?endpoint=${encodeURIComponent(endpoint)}`,
    );
    const open: { from: string; to: string }[] = [];
    for (const { start, end, notKnown, isCertain, flags } of spans) {
      const isOpen = notKnown.includes('ingressProtected') || (!isCertain && !flags['ingressProtected']);
      if (!isOpen || start === end) continue;
      if (open.at(-1)?.to === start) open.at(-1)!.to = end;
      else open.push({ from: start, to: end });
    }
    expect({ endpoint, open }).toEqual({ endpoint, open: notKnownIngress.intervals });
    intervals += open.length;
  }
  expect(intervals).toBeGreaterThan(100);
});
