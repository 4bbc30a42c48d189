import type { ReportWindow } from '@margay/contracts';
import type { Unapplied } from '@margay/coverage';
import type { Instant } from '@margay/ground';
import { birthOf, FIRST_OBJECT, type Sight } from '@margay/history';
import {
  auditedResources,
  auditWindow,
  computeReport,
  namesToAsk,
  reportInput,
  sightsToAsk,
  type GlobalReportSpec,
  type Report,
  type ReportTypeSpec,
  versionsWindow,
} from '@margay/reports';
import type { Stores } from '@margay/storage';

/** What a report depends on beside the stores. */
export interface ComputeOptions {
  /** Do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[] | undefined;
  /** What was published and is not in the stores; nothing unless given. */
  readonly unapplied?: Unapplied | undefined;
}

/**
 * Computes a window's report from what the stores have. Reads only.
 *
 * What sources delivered is read first: a mark is kept behind all that it counts, so that everything that is said to have been
 * delivered is found by what is read then.
 */
export async function computeWindow(
  stores: Stores,
  { cluster, reportName, spec, typeSpec, start, end }: ReportWindow,
  { privateNetworks, unapplied }: ComputeOptions = {},
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
  const marks = await stores.coverage.marks(window);
  const deliveries = await stores.coverage.deliveries();
  const policyEvents = await all(stores.trail.between(auditWindow(window), auditedResources(asked)));
  const [versions, flows, repeats, first] = await Promise.all([
    all(stores.history.versions(versionsWindow(window, policyEvents))),
    all(stores.flows.between(window)),
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
    ...(unapplied && { unapplied }),
  });
  const sights = new Map<Instant, Sight[]>();
  for (const from of sightsToAsk(input)) {
    sights.set(from, await all(stores.history.firstSights({ from, before: window.end })));
  }
  const told = await stores.history.told(namesToAsk(input), window.end);
  return computeReport({ ...input, sights, told });
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}
