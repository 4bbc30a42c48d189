/**
 * A place in a topic: for each of its partitions the offset of the message that comes next. An embedded topic has the one
 * partition 0.
 */
export type Places = ReadonlyMap<number, bigint>;

/** How many messages lie between two places of a topic; a partition in which `to` is behind `from` has none. */
export function messagesBetween(from: Places, to: Places): number {
  let messages = 0n;
  for (const [partition, next] of to) {
    const start = from.get(partition) ?? 0n;
    if (next > start) messages += next - start;
  }
  return Number(messages);
}
