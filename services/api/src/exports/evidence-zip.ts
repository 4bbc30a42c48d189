import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Zip, ZipDeflate } from 'fflate';
import { formatInstant } from '@margay/ground';
import { TemplateProblem } from '@margay/reports';
import type { ArchivedHeader } from '@margay/storage';
import { begun, type ReportFile } from './stream-file.ts';

/** What a file of the archive is, for whoever checks it. */
interface ManifestEntry {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Every file of a report in one ZIP with `manifest.json` last: sizes and SHA-256 of each, and where the report stands in
 * the chain of its archive. The same report and the same log always give the same bytes: nothing in it tells when it was made.
 */
export async function* evidenceZip(
  header: ArchivedHeader,
  files: readonly ReportFile[],
): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const zip = new Zip((error, data) => {
    if (error) throw error;
    ready.push(data);
  });
  const take = () => {
    const taken = ready;
    ready = [];
    return taken;
  };
  // ZIP has no time zones: the files are of the first day that it can tell.
  const add = (name: string) => {
    const file = new ZipDeflate(name, { level: 6 });
    file.mtime = new Date(1980, 0, 1);
    zip.add(file);
    return file;
  };
  const entries: ManifestEntry[] = [];
  for (const written of files) {
    const { name, text } = await readable(written);
    const file = add(name);
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const piece of text) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
      hash.update(bytes);
      sizeBytes += bytes.length;
      file.push(bytes);
      yield* take();
    }
    file.push(new Uint8Array(), true);
    entries.push({ name, sizeBytes, sha256: hash.digest('hex') });
    yield* take();
  }
  const { id, cluster, reportName, reportType, start, end, digest, sequence, previous, headerDigest } =
    header;
  const { revision = 1, supersedes = null } = header;
  const manifest = {
    id,
    cluster,
    reportName,
    reportType,
    startTime: formatInstant(start),
    endTime: formatInstant(end),
    revision,
    supersedes,
    digest,
    archive: { sequence, previous: previous ?? null, headerDigest },
    files: entries,
  };
  add('manifest.json').push(Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`), true);
  zip.end();
  yield* take();
}

/** A file whose template fails is replaced by one that says why: the others are evidence all the same. */
async function readable(
  file: ReportFile,
): Promise<{ name: string; text: AsyncIterable<string | Uint8Array> }> {
  try {
    return { name: file.name, text: await begun(file) };
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    return { name: `${file.name}.problem.txt`, text: Readable.from([`${error.message}\n`]) };
  }
}
