import type { Archive, ArchivedHeader, HeaderPage } from '../archive/archive.ts';

/** All headers, page after page. */
export async function* pagesOf(archive: Archive): AsyncGenerator<HeaderPage> {
  for (let cursor: string | undefined; ;) {
    const page = await archive.headers(cursor === undefined ? {} : { cursor });
    yield page;
    if (page.next === undefined) return;
    cursor = page.next;
  }
}

/** All headers, one after the other. */
export async function* headersIn(archive: Archive): AsyncGenerator<ArchivedHeader> {
  for await (const { headers } of pagesOf(archive)) yield* headers;
}
