import { type Key, keyText, sortedOnce } from '@margay/ground';
import type { Outcome, PolicyEvent, Version } from '@margay/history';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { computeReport, type EndpointRow, namesToAsk, toReportJson } from './index.ts';
import { facts, scopes, WINDOW } from './testing/arbitrary-history.ts';
import { comparable, expectedPolicies, expectedRows } from './testing/expected.ts';
import { DELETED, MAY_HAVE_DELETED } from './rows/deleted.ts';
import { type Fact, history, keyOfObject } from './testing/history.ts';

const RUNS = Number(process.env['REPORT_RUNS'] ?? 300);
/** The stories also name what never was: as if it had been and was gone before. */
const inventory = (versions: readonly Version[], endpoints = {}) =>
  computeReport({
    name: 'r',
    spec: { reportType: 'inventory', endpoints },
    window: WINDOW,
    versions,
    told: namesToAsk({ versions, window: WINDOW }),
  });

test('endpoint rows are what all endpoints × all policies × all instants say', () => {
  fc.assert(
    fc.property(facts, scopes, (told, scope) => {
      const versions = history(told);
      const { endpoints } = inventory(versions, scope);
      expect(endpoints.map(comparable)).toEqual(expectedRows(versions, WINDOW, scope));
    }),
    { numRuns: RUNS },
  );
});

test('namespaces, services and summaries add up to the endpoint rows', () => {
  fc.assert(
    fc.property(facts, (told) => {
      const { endpoints, namespaces, services, endpointsSummary, ...rest } = inventory(history(told));
      const sum = (is: (row: EndpointRow) => boolean): number => endpoints.filter(is).length;
      expect(endpointsSummary).toMatchObject({
        numTotal: endpoints.length,
        numIngressProtected: sum((row) => row.ingressProtected),
        numEgressToOtherNamespace: sum((row) => row.egressToOtherNamespace),
        numEnvoyEnabled: sum((row) => row.envoyEnabled),
      });
      const spaces = new Set(endpoints.flatMap(({ namespace }) => namespace || []));
      expect(namespaces.map((row) => row.namespace)).toEqual(
        [...spaces].sort().map((n) => `Namespace.v1(${n})`),
      );
      expect(rest.namespacesSummary.numTotal).toBe(spaces.size);
      for (const row of namespaces) {
        const members = endpoints.filter(({ namespace }) => row.namespace === `Namespace.v1(${namespace})`);
        expect(row.egressProtected).toBe(members.every((member) => member.egressProtected));
        expect(row.ingressFromInternet).toBe(members.some((member) => member.ingressFromInternet));
      }
      const held = new Set(endpoints.flatMap((row) => row.services));
      expect(services.map((row) => row.service)).toEqual([...held].sort());
      expect(rest.servicesSummary.numTotal).toBe(held.size);
      for (const row of services) {
        const members = endpoints.filter((member) => member.services.includes(row.service));
        expect(row.ingressProtected).toBe(members.every((member) => member.ingressProtected));
        expect(row.ingressFromOtherNamespace).toBe(
          members.some((member) => member.ingressFromOtherNamespace),
        );
      }
    }),
    { numRuns: RUNS },
  );
});

/** Every policy fact has an event, and so has every key as a whole collection. */
function policyEvents(told: readonly Fact[]): PolicyEvent[] {
  const event = (at: number, key: Key, i: number): PolicyEvent => {
    const verb = key.name === '' ? 'deletecollection' : 'update';
    const outcome = i % 5 === 0 ? 'refused' : i % 7 === 0 ? 'unsettled' : 'done';
    return { eventId: `e${i}`, at, ...key, verb, outcome, event: { id: `e${i}`, at, ...key } };
  };
  return told
    .map(({ at, object }) => ({ at, key: keyOfObject(object) }))
    .filter(
      ({ key }) => key.resource.endsWith('networkpolicies') || key.resource.endsWith('globalnetworkpolicies'),
    )
    .flatMap(({ at, key }, i) => [event(at, key, 2 * i), event(at, { ...key, name: '' }, 2 * i + 1)]);
}

/** The event without what a deletion of many may have deleted, of which tests of its own tell. */
const sure = (event: unknown): unknown => {
  const { annotations = {}, ...rest } = event as { annotations?: Record<string, string> };
  return MAY_HAVE_DELETED in annotations ? rest : event;
};

test('a scoped policy audit has the events of the policies that select, by brute force', () => {
  const part = fc.oneof(scopes, fc.constant({ selector: "app == 'x'", namespaces: { names: ['n1'] } }));
  fc.assert(
    fc.property(facts, part, (told, scope) => {
      const versions = history(told);
      const events = policyEvents(told);
      const report = computeReport({
        name: 'r',
        spec: { reportType: 'policy-audit', endpoints: { selector: 'all()', ...scope } },
        window: WINDOW,
        versions,
        policyEvents: events,
      });
      const policies = expectedPolicies(versions, WINDOW, scope);
      const folder = (key: Key) => keyText({ ...key, name: '' });
      const deleted = (event: PolicyEvent) =>
        versions.filter(
          (version) =>
            version.endedBy === 'event' && version.validTo === event.at && folder(version) === folder(event),
        );
      const chosen = events
        .filter(({ at }) => WINDOW.start <= at && at < WINDOW.end)
        .filter((key) =>
          key.name === '' && deleted(key).length > 0
            ? deleted(key).some((version) => policies.has(keyText(version)))
            : key.name === ''
              ? [...policies].some(
                  (text) => text.startsWith(folder(key)) && !text.slice(folder(key).length).includes('/'),
                )
              : policies.has(keyText(key)),
        )
        .sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1));
      const of = (outcome: Outcome) =>
        chosen
          .filter((event) => event.outcome === outcome)
          .map((told) => {
            const names =
              told.name === '' && outcome !== 'refused' ? deleted(told).map(({ name }) => name) : [];
            return names.length === 0
              ? told.event
              : { ...(told.event as object), annotations: { [DELETED]: sortedOnce(names).join(',') } };
          });
      expect(report.auditEvents.map(sure)).toEqual(of('done'));
      expect(report.refusedPolicyWrites.map(sure)).toEqual(of('refused'));
      expect(report.unsettledPolicyWrites.map(sure)).toEqual(of('unsettled'));
    }),
    { numRuns: RUNS },
  );
});

test('the order in which evidence comes, and its repetition, change no byte', () => {
  fc.assert(
    fc.property(facts, fc.infiniteStream(fc.nat()), (told, random) => {
      const shuffled = <T>(all: readonly T[]): T[] =>
        all
          .map((value) => ({ value, at: random.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ value }) => value);
      const versions = history(told);
      const events = policyEvents(told);
      for (const reportType of ['inventory', 'policy-audit']) {
        const text = (of: readonly Version[], from: readonly PolicyEvent[]): string =>
          [
            ...toReportJson(
              computeReport({
                name: 'r',
                spec: { reportType },
                window: WINDOW,
                versions: of,
                policyEvents: from,
              }),
            ),
          ].join('');
        expect(text(shuffled(versions), shuffled([...events, ...events]))).toBe(text(versions, events));
      }
    }),
    { numRuns: Math.ceil(RUNS / 3) },
  );
});
