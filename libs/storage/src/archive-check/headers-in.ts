import type { Archive, ArchivedHeader } from '../archive/archive.ts';

/** All headers, one after the other. */
export async function* headersIn(archive: Pick<Archive, 'all'>): AsyncGenerator<ArchivedHeader> {
  for await (const { header } of archive.all()) yield header;
}
