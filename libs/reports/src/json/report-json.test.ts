import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  computeReport,
  joinReport,
  REPORT_TYPES,
  splitReport,
  toReportJson,
  summariesProblem,
  verifyReport,
} from '../index.ts';
import { ROWS_PER_PART } from './parts.ts';
import { facts, WINDOW } from '../testing/arbitrary-history.ts';
import { history } from '../testing/history.ts';
import * as make from '../testing/objects.ts';

const TOLD = [
  ...Array.from({ length: 2 * ROWS_PER_PART + 1 }, (_, i) => make.pod(`n1/p${i}`, { app: 'x' })),
  make.calicoPolicy('deny', { selector: "app == 'x'", types: ['Ingress'] }),
].map((object) => ({ at: 0, object }));
const REPORT = computeReport({
  name: 'r',
  spec: { reportType: 'inventory' },
  window: WINDOW,
  versions: history(TOLD),
});
const text = (report = REPORT): string => [...toReportJson(report)].join('');

test('report.json is JSON with everything in it, in a fixed order, one row a line', () => {
  const json = JSON.parse(text()) as object;
  expect(json).toEqual(REPORT);
  expect(Object.keys(json)).toEqual([
    'reportName',
    'reportTypeName',
    'cluster',
    'reportSpec',
    'reportTypeSpec',
    'startTime',
    'endTime',
    'endpointsSummary',
    'namespacesSummary',
    'servicesSummary',
    'auditSummary',
    'protectionSummary',
    'evidence',
    'rowCounts',
    'endpoints',
    'namespaces',
    'services',
    'auditEvents',
    'refusedPolicyWrites',
    'unsettledPolicyWrites',
    'flows',
    'protectionChanges',
    'digest',
  ]);
  expect(
    text()
      .split('\n')
      .filter((line) => line.includes('"endpoint":"Pod.v1(')),
  ).toHaveLength(REPORT.endpoints.length);
});

test('a report can be taken apart and put together again', () => {
  const { header, digest, parts } = splitReport(REPORT);
  const all = [...parts];
  expect(all.map(({ kind, rows }) => `${kind} ${rows.length}`)).toEqual([
    'endpoints 1000',
    'endpoints 1000',
    'endpoints 1',
    'namespaces 1',
  ]);
  const stored = JSON.parse(JSON.stringify({ header, all })) as { header: typeof header; all: typeof all };
  expect(text(joinReport(stored.header, digest, stored.all))).toBe(text());
});

test('a revision says what it is in its files, and its digest is that of its evidence', () => {
  const { header, digest, parts } = splitReport(REPORT);
  const revised = joinReport(header, digest, parts, { revision: 2, supersedes: 'r-1' });
  const json = JSON.parse(text(revised)) as object;
  expect(json).toEqual({ ...REPORT, revision: 2, supersedes: 'r-1' });
  expect(Object.keys(json).slice(-3)).toEqual(['revision', 'supersedes', 'digest']);
  expect(verifyReport(json)).toEqual({ ok: true, digest: REPORT.digest });
  const summaryOf = (report: typeof REPORT) => {
    const { downloads } = REPORT_TYPES.get('inventory')!;
    return [...downloads[0]!.render(report)].join('').trimEnd().split('\n');
  };
  const [columns, cells] = summaryOf(REPORT);
  expect(summaryOf(revised)).toEqual([`${columns},revision,supersedes`, `${cells},2,r-1`]);
});

test('parts are bounded in size, too', () => {
  const event = { note: 'x'.repeat(1_500_000) };
  const report = {
    ...REPORT,
    endpoints: [],
    namespaces: [],
    auditEvents: [event, event, event, event, event],
  };
  expect([...splitReport(report).parts].map(({ rows }) => rows.length)).toEqual([2, 2, 1]);
});

test('what was exported is verified offline', () => {
  fc.assert(
    fc.property(facts, (told) => {
      const report = computeReport({
        name: 'r',
        spec: { reportType: 'inventory' },
        window: WINDOW,
        versions: history(told),
      });
      const exported = JSON.parse(text(report)) as object;
      expect(verifyReport(exported)).toEqual({ ok: true, digest: report.digest });
      expect(summariesProblem({ ...exported })).toBeUndefined();
    }),
    { numRuns: 50 },
  );
});

test('a report of a release that knew fewer kinds of rows is verified too', () => {
  const { unsettledPolicyWrites: _, rowCounts, digest: __, ...rest } = REPORT;
  const { unsettledPolicyWrites: ___, ...known } = rowCounts;
  const older = JSON.parse(JSON.stringify({ ...rest, rowCounts: known })) as object;
  const said = verifyReport({ ...older, digest: '' });
  const digest = said.ok ? '' : (/content has (\w+)/.exec(said.reason)?.[1] ?? '');
  expect(verifyReport({ ...older, digest })).toEqual({ ok: true, digest });
  // As it is written by a release that knows more.
  expect(verifyReport({ ...older, unsettledPolicyWrites: [], digest })).toEqual({ ok: true, digest });
  expect(verifyReport({ ...older, unsettledPolicyWrites: [{}], digest })).toMatchObject({ ok: false });
});

/** Every place of a JSON value, as the keys that lead to it. */
function places(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]];
  const inside = Object.entries(value).flatMap(([key, field]) => places(field, [...path, key]));
  return inside.length === 0 ? [[...path]] : inside;
}

test('whatever is changed, the digest shows it', () => {
  const { endpoints, ...rest } = JSON.parse(text()) as { endpoints: unknown[]; rowCounts: object };
  const small = { ...rest, endpoints: endpoints.slice(0, 2), rowCounts: { ...rest.rowCounts, endpoints: 2 } };
  const said = verifyReport(small);
  const digest = said.ok ? '' : (/content has (\w+)/.exec(said.reason)?.[1] ?? '');
  const report = { ...small, digest };
  expect(verifyReport(report)).toEqual({ ok: true, digest });
  for (const path of places(report)) {
    const changed = JSON.parse(JSON.stringify(report)) as Record<string, unknown>;
    const holder = path.slice(0, -1).reduce((at, key) => at[key] as Record<string, unknown>, changed);
    holder[path.at(-1) ?? ''] = 'changed';
    expect([path.join('.'), verifyReport(changed).ok]).toEqual([path.join('.'), false]);
  }
});

test.each<[why: string, json: unknown, reason: string]>([
  ['a list', [], 'this is no report: it is not a JSON object'],
  ['nothing', null, 'this is no report: it is not a JSON object'],
  ['another object', { kind: 'Pod' }, 'this is no report: it has no list "endpoints"'],
  ['a report without digest', { ...REPORT, digest: undefined }, 'this is no report: it has no digest'],
  [
    'a row less',
    { ...REPORT, endpoints: REPORT.endpoints.slice(1) },
    'endpoints has 2000 rows, but its header says 2001',
  ],
  ['no counts', { ...REPORT, rowCounts: null }, 'endpoints has 2001 rows, but its header says undefined'],
  ['two rows in another order', { ...REPORT, endpoints: REPORT.endpoints.toReversed() }, 'it was changed'],
  ['one field more', { ...REPORT, approved: true }, 'it was changed'],
  ['a text that no UTF-8 can hold', { ...REPORT, reportName: '\ud800' }, 'it cannot be digested'],
])('%s is not intact', (_, json, reason) => {
  const verification = verifyReport(json);
  expect(verification).toMatchObject({ ok: false });
  expect(verification.ok ? '' : verification.reason).toContain(reason);
});

test('a summary that its rows do not make is named, with the right digest or not', () => {
  const flagged = REPORT.endpoints.filter(({ ingressProtected }) => ingressProtected).length;
  const summary = REPORT.endpointsSummary;
  expect(summariesProblem({ ...REPORT, endpointsSummary: { ...summary, numIngressProtected: -1 } })).toBe(
    `endpointsSummary.numIngressProtected says -1, and its rows make ${flagged}`,
  );
  const audit = { ...REPORT.auditSummary, numTotal: '0' };
  expect(summariesProblem({ ...REPORT, auditSummary: audit })).toBe(
    'auditSummary.numTotal says "0", and its rows make 0',
  );
  // A release that knew fewer counts.
  const { numNotKnownIngressProtected: _, ...fewer } = summary;
  expect(summariesProblem({ ...REPORT, endpointsSummary: fewer })).toBeUndefined();
});
