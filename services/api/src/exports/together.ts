import { TemplateProblem } from '@margay/reports';
import type { ArchivedHeader } from '@margay/storage';
import { contentOf } from '../runs/runs.ts';
import type { ReportFile } from './stream-file.ts';

/** What the files whose templates users wrote make together is more than one archive may hold. */
export class TooMuchTogether extends Error {
  override readonly name = 'TooMuchTogether';
}

/** How much all files of a type may be, and how long they may take of a processor, in one archive. */
interface Bounds {
  readonly characters: number;
  readonly seconds: number;
}

/** As two of the largest files; as three of the slowest, and what it takes to begin each: see `templateLimits`. */
function boundsOf(header: ArchivedHeader, files: number): Bounds {
  const rows = Object.values(contentOf(header).rowCounts).reduce((sum, count) => sum + count, 0);
  return {
    characters: 64_000_000 + 2_000 * rows,
    seconds: 12 + Math.floor((3 * rows) / 10_000) + Math.ceil(files / 2),
  };
}

/** What was found of an archived report. It is kept, so nothing counts that what else the machine did then decides. */
const KNOWN_MAX = 1_000;
const known = new Map<string, TooMuchTogether | undefined>();

/**
 * Sees before anything is sent whether the templates of a report's type make too much together: each alone is bounded, and there may
 * be many. Nothing of them is kept; it is found out once for each report.
 *
 * @throws TooMuchTogether
 * @throws Busy where too many files are being rendered.
 */
export async function boundTogether(
  header: ArchivedHeader,
  files: readonly ReportFile[],
  bounds?: Bounds,
): Promise<void> {
  const templates = files.filter(({ isTemplate }) => isTemplate);
  if (templates.length === 0) return;
  const key = `${header.id} ${header.digest}`;
  if (!known.has(key)) {
    if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value!);
    known.set(key, await problemOf(templates, bounds ?? boundsOf(header, templates.length)));
  }
  const problem = known.get(key);
  if (problem !== undefined) throw problem;
}

async function problemOf(
  files: readonly ReportFile[],
  { characters, seconds }: Bounds,
): Promise<TooMuchTogether | undefined> {
  const meter = { milliseconds: 0 };
  let length = 0;
  for (const file of files) {
    try {
      for await (const piece of file.text(meter)) length += piece.length;
    } catch (error) {
      // One that fails is told of in the archive.
      if (!(error instanceof TemplateProblem)) throw error;
    }
    if (length > characters)
      return new TooMuchTogether(`they make more than ${characters / 1_000_000} million characters`);
    if (meter.milliseconds > seconds * 1_000)
      return new TooMuchTogether(`they take more than ${seconds} seconds`);
  }
  return undefined;
}
