import type { Archive, ArchivedHeader, HeaderFilter } from '../archive/archive.ts';

/** All headers that a filter lets through, page after page. */
export async function* headersIn(
  archive: Archive,
  filter: HeaderFilter = {},
): AsyncGenerator<ArchivedHeader> {
  for (let cursor: string | undefined; ;) {
    const page = await archive.headers({ ...filter, ...(cursor !== undefined && { cursor }) });
    yield* page.headers;
    if (page.next === undefined) return;
    cursor = page.next;
  }
}
