import type { Stores } from '@margay/storage';

/** The record of a flow from a workload of the recorded cluster, as a flow log has it. Unless a network is named it is to anywhere outside. */
export const flowTo = (network?: string): string =>
  JSON.stringify({
    start_time: 1_795_479_500,
    end_time: 1_795_479_600,
    action: 'allow',
    reporter: 'src',
    source_type: 'wep',
    source_namespace: 'storefront',
    source_name_aggr: 'cache-7c7b4f5c5c-*',
    dest_type: network === undefined ? 'net' : 'ns',
    dest_name_aggr: network ?? 'pub',
  });

/** Records of flows, each to a network of its own: the networks of these numbers, but for the last. */
export const flowsBetween = (from: number, to: number): { readonly text: string }[] =>
  Array.from({ length: to - from }, (_, i) => ({ text: flowTo(`network-${from + i}`) }));

/** How many are told of as talking to whom. */
export async function contacts(stores: Stores): Promise<number> {
  let count = 0;
  for await (const _ of stores.flows.between({ start: 0, end: 2_000_000_000_000_000 })) count++;
  return count;
}
