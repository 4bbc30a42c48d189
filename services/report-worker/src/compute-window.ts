import type { ReportWindow } from '@margay/contracts';
import type { Unapplied } from '@margay/coverage';
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
import { deliveredIn, sightsFrom, type Stores } from '@margay/storage';

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
  const delivered = await deliveredIn(stores, window);
  const policyEvents = await all(stores.trail.between(auditWindow(window), auditedResources(asked)));
  const [versions, flows, repeats] = await Promise.all([
    all(stores.history.versions(versionsWindow(window, policyEvents))),
    all(stores.flows.between(window)),
    stores.history.repeats(window),
  ]);
  const input = reportInput(asked, {
    versions,
    policyEvents,
    flows,
    ...delivered,
    repeats,
    ...(unapplied && { unapplied }),
  });
  const sights = await sightsFrom(stores, sightsToAsk(input), window.end);
  const told = await stores.history.told(namesToAsk(input), window.end);
  return computeReport({ ...input, sights, told });
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}
