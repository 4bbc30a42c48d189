import type { Instant } from '@margay/ground';
import { bulk } from '../elasticsearch/bulk.ts';
import type { Elastic } from '../elasticsearch/connection.ts';
import { dateOf, documentId, monthOf } from '../elasticsearch/documents.ts';
import { getDocument } from '../elasticsearch/read.ts';
import type { PartEntry, ArchivePart, ReportRecord } from './archive.ts';
import { checkedRows, missingPart } from './damaged.ts';
import { sealed } from './digests.ts';

const indexOf = (elastic: Elastic, end: Instant) => elastic.index(`report-parts-${monthOf(end)}`);

const idOf = ({ cluster }: Elastic, reportId: string, part: number, digest: string) =>
  documentId(cluster, reportId, part, digest);

/** Creates a part's document, whose id carries its digest. */
export async function createPart(elastic: Elastic, part: ArchivePart): Promise<PartEntry> {
  const { text, entry } = sealed(part);
  const { reportId, end, kind } = part;
  const document = {
    '@timestamp': dateOf(end),
    cluster: elastic.cluster,
    reportId,
    part: part.part,
    kind,
    rows: text,
  };
  const id = idOf(elastic, reportId, part.part, entry.digest);
  await bulk(elastic, [{ op: 'create', index: indexOf(elastic, end), id, document }]);
  return entry;
}

/** The rows of one part. @throws ArchiveDamaged where the part is not there or is not what its digest says. */
export async function readPart(
  elastic: Elastic,
  { id, end }: ReportRecord,
  part: number,
  digest: string,
): Promise<readonly unknown[]> {
  const place = [indexOf(elastic, end), idOf(elastic, id, part, digest)] as const;
  const found = await getDocument<{ rows: string }>(elastic, ...place);
  if (found === undefined) throw missingPart(id, part);
  return checkedRows(found.source.rows, digest, id, part);
}

/** @throws Error which names the first part of the report that is not there. */
export async function checkParts(elastic: Elastic, { id, end, parts }: ReportRecord): Promise<void> {
  if (parts.length === 0) return;
  const { docs } = await elastic.call('looking for the parts of a report', () =>
    elastic.client.mget({
      index: indexOf(elastic, end),
      ids: parts.map(({ digest }, part) => idOf(elastic, id, part, digest)),
      _source: false,
    }),
  );
  const absent = docs.findIndex((found) => !('found' in found) || !found.found);
  if (absent !== -1) throw missing(id, absent);
}

function missing(reportId: string, part: number): Error {
  return new Error(`Part ${part} of report ${reportId} is not in the archive: compute the report again.`);
}
