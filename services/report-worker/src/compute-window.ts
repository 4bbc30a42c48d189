import type { ReportWindow } from '@margay/contracts';
import {
  computeReport,
  reportInput,
  type GlobalReportSpec,
  type Report,
  type ReportTypeSpec,
} from '@margay/reports';
import type { Stores } from '@margay/storage';

/** Computes a window's report from what the stores have. Reads only. */
export async function computeWindow(
  stores: Stores,
  { cluster, reportName, spec, typeSpec, start, end }: ReportWindow,
): Promise<Report> {
  const window = { start, end };
  // One instant more at the front: a policy whose version ended exactly at the start still decides what is audited.
  const [versions, policyEvents, flows, marks, repeats] = await Promise.all([
    all(stores.history.versions({ start: start - 1, end })),
    all(stores.trail.between(window)),
    all(stores.flows.between(window)),
    stores.coverage.marks(window),
    stores.history.repeats(window),
  ]);
  const asked = {
    name: reportName,
    spec: spec as GlobalReportSpec,
    ...(typeSpec !== undefined && { typeSpec: typeSpec as ReportTypeSpec }),
    cluster,
    window,
  };
  return computeReport(reportInput(asked, { versions, policyEvents, flows, marks, repeats }));
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const value of values) list.push(value);
  return list;
}
