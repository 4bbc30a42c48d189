import { at, keyText, type Window } from '@margay/ground';
import type { Scope } from '@margay/policy';
import { expect, test } from 'vitest';
import { computeReport, summariesProblem, verifyReport } from './index.ts';
import { comparable, expectedPolicies, expectedRows } from './testing/expected.ts';
import { recorded } from './testing/recorded.ts';

const { versions, policyEvents } = recorded('cluster-a');
const written = policyEvents.map(({ at }) => at);
const start = Math.min(...written, ...versions.map(({ validFrom }) => validFrom));
const end = Math.max(...written, ...versions.map(({ validFrom, validTo = validFrom }) => validTo)) + 1;
const third = Math.floor((end - start) / 3);

test.each([
  ['all of it', { start, end }, {}],
  [
    'a scope by labels',
    { start: start + third, end: end - third },
    { selector: "app == 'web' && !has(track)" },
  ],
  [
    'a scope by namespace labels and service accounts',
    { start: start + third, end },
    {
      namespaces: { selector: "department == 'accounts' || has(env)" },
      serviceAccounts: { names: ['default'] },
    },
  ],
])('the recorded cluster, %s: the report is what brute force says', (_, window, endpoints) => {
  const report = computeReport({ name: 'r', spec: { reportType: 'inventory', endpoints }, window, versions });
  expect(report.endpoints.length).toBeGreaterThan(3);
  expect(report.endpoints.map(comparable)).toEqual(expectedRows(versions, window, endpoints));
  const exported = JSON.parse(JSON.stringify(report)) as object;
  expect(verifyReport(exported)).toEqual({ ok: true, digest: report.digest });
  expect(summariesProblem({ ...exported })).toBeUndefined();
});

const audit = (window: Window, endpoints?: Scope) =>
  computeReport({
    name: 'r',
    spec: { reportType: 'policy-audit', ...(endpoints && { endpoints }) },
    window,
    versions,
    policyEvents,
  });

test('the recorded cluster, audited: the counts are those of the log', () => {
  // Counted in the log by another program: codes below 400, dry runs and collections of nothing apart.
  expect(audit({ start, end }).auditSummary).toEqual({
    numTotal: 97,
    numCreate: 53,
    numModify: 32,
    numDelete: 12,
    numRefused: 47,
    numUnsettled: 0,
  });
});

test('the recorded cluster, audited with a scope: the events of the policies that select, by brute force', () => {
  const window = { start: start + third, end: end - third };
  const scope = { selector: "app == 'api'", namespaces: { names: ['collections'] } };
  const policies = expectedPolicies(versions, window, scope);
  const about = policyEvents
    .filter(({ at }) => window.start <= at && at < window.end)
    .filter((event) => event.outcome === 'done' && event.name !== '' && policies.has(keyText(event)))
    .map(({ event }) => event);
  const { auditEvents } = audit(window, scope);
  expect(about.length).toBeGreaterThan(2);
  expect(auditEvents.length).toBeLessThan(audit(window).auditEvents.length);
  expect(auditEvents.filter((event) => at(event, 'objectRef', 'name') !== undefined)).toEqual(about);
});
