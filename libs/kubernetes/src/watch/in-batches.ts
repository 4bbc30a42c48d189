import { setImmediate } from 'node:timers/promises';

/**
 * The items of a source, as many at a time as are there already, at most `max`.
 *
 * What came before the source fails is handed out first. Ending the loop early does not end the source while an item
 * is awaited: end that by its own signal.
 */
export async function* inBatches<T>(source: AsyncIterator<T>, max: number): AsyncGenerator<readonly T[]> {
  const pull = (): Promise<IteratorResult<T>> => {
    const pulled = source.next();
    // Its failure is met where it is awaited, which may be later than it happens.
    pulled.catch(() => undefined);
    return pulled;
  };
  let next = pull();
  for (;;) {
    const batch: T[] = [];
    let result: IteratorResult<T> | undefined = await next;
    while (result !== undefined && !result.done) {
      batch.push(result.value);
      next = pull();
      if (batch.length === max) break;
      result = await Promise.race([next.catch(() => undefined), setImmediate(undefined)]);
    }
    if (batch.length > 0) yield batch;
    if (result?.done) return;
  }
}
