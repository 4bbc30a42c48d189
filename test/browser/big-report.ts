import type { EndpointRow, Report } from '@margay/reports';
import type { Stores } from '@margay/storage';
import { archive, SPAN, windowOf } from '../testing/recorded-stores.ts';

/** Names that try to be markup, a formula, or to turn the text around. */
export const HOSTILE = [
  '<script>window.hacked = 1</script>',
  "=cmd|' /C calc'!A0",
  'evil\u202Etxt.exe',
  '"><img src=x onerror="window.hacked = 1">',
];

/** Keeps a report with so many endpoints, each of its own name, a quarter of them not protected. */
export async function archiveBigReport(
  stores: Stores,
  like: Report,
  count: number,
  id = 'big',
): Promise<void> {
  const row = like.endpoints.find(({ kind }) => kind === 'Pod')!;
  const endpoints = Array.from({ length: count }, (_, i): EndpointRow => {
    const name = `web-${String(i).padStart(6, '0')}`;
    return {
      ...row,
      name,
      endpoint: `Pod.v1(shop-${i % 100}/${name})`,
      namespace: `shop-${i % 100}`,
      uids: [`uid-${i}`],
      ingressProtected: i % 4 !== 0,
      serviceAccount: i < HOSTILE.length ? HOSTILE[i]! : 'default',
      ...(i < HOSTILE.length && {
        endpoint: `Pod.v1(shop-${i % 100}/${HOSTILE[i]!})`,
        appliedPolicies: [HOSTILE[i]!],
      }),
    };
  });
  const report: Report = {
    ...like,
    reportName: id,
    endpoints,
    rowCounts: { ...like.rowCounts, endpoints: count },
    endpointsSummary: {
      ...like.endpointsSummary,
      numTotal: count,
      numIngressProtected: count - Math.ceil(count / 4),
    },
  };
  await archive(stores, windowOf(id, 'inventory', { start: SPAN.start, end: SPAN.end + 1 }, id), report);
}
