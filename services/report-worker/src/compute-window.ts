import type { ReportWindow } from '@margay/contracts';
import type { Instant } from '@margay/ground';
import { birthOf, FIRST_OBJECT, type Sight } from '@margay/history';
import {
  auditedResources,
  auditWindow,
  computeReport,
  reportInput,
  sightsToAsk,
  type GlobalReportSpec,
  type Report,
  type ReportTypeSpec,
  versionsWindow,
} from '@margay/reports';
import type { Stores } from '@margay/storage';

/**
 * Computes a window's report from what the stores have. Reads only.
 *
 * @param privateNetworks do not count as the internet; a default list unless given.
 */
export async function computeWindow(
  stores: Stores,
  { cluster, reportName, spec, typeSpec, start, end }: ReportWindow,
  privateNetworks?: readonly string[],
): Promise<Report> {
  const window = { start, end };
  const asked = {
    name: reportName,
    spec: spec as GlobalReportSpec,
    ...(typeSpec !== undefined && { typeSpec: typeSpec as ReportTypeSpec }),
    cluster,
    window,
    ...(privateNetworks !== undefined && { privateNetworks }),
  };
  const policyEvents = await all(stores.trail.between(auditWindow(window), auditedResources(asked)));
  const [versions, flows, marks, deliveries, repeats, first] = await Promise.all([
    all(stores.history.versions(versionsWindow(window, policyEvents))),
    all(stores.flows.between(window)),
    stores.coverage.marks(window),
    stores.coverage.deliveries(),
    stores.history.repeats(window),
    stores.history.changesOf(FIRST_OBJECT),
  ]);
  const birth = birthOf(first);
  const input = reportInput(asked, {
    versions,
    policyEvents,
    flows,
    marks,
    deliveries,
    repeats,
    ...(birth !== undefined && { birth }),
  });
  const sights = new Map<Instant, Sight[]>();
  for (const from of sightsToAsk(input)) {
    sights.set(from, await all(stores.history.firstSights({ from, before: window.end })));
  }
  return computeReport({ ...input, sights });
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}
