import { tellerMarks, tellerOf, whoseOf, type CoverageMark, type TellerFact } from '@margay/coverage';
import { formatInstant, type Instant } from '@margay/ground';
import { isOfOwnCounter, shownUid, type Change } from '@margay/history';

/** What one file tells of whose it is. */
interface File {
  /** The uids of the objects that it shows, which no two clusters give. */
  readonly uids: Set<string>;
  /** From when on it tells of objects. */
  since: Instant;
}

/**
 * Sees by their objects which files of logs are of one cluster: those that show one object, and those that one log was rotated into. What
 * stands alone may be another cluster's.
 */
export class OneCluster {
  readonly #files = new Map<string, File>();
  readonly #goesOn = new Map<string, string>();

  /** @param before the file of the same log that this one goes on from, where that is known. */
  note(path: string, changes: readonly Change[], before: string | undefined): void {
    if (before !== undefined) this.#goesOn.set(path, before);
    const file = this.#files.get(path) ?? { uids: new Set(), since: Infinity };
    for (const change of changes) {
      const uid = shownUid(change);
      file.since = Math.min(file.since, change.receivedAt, change.at);
      if (uid !== undefined && isOfOwnCounter(change)) file.uids.add(uid);
    }
    this.#files.set(path, file);
  }

  /** What is open since some files are of nobody knows which cluster. Those that tell of objects first are what the report is of. */
  marks(): CoverageMark[] {
    const [, ...others] = this.#clusters().sort((a, b) => sinceOf(a) - sinceOf(b));
    const open = others.flat().filter(([, { since }]) => since < Infinity);
    if (open.length === 0) return [];
    const facts = open.map(([path, { since: at }]): TellerFact => ({
      what: 'tells',
      teller: tellerOf('', path),
      source: path,
      at,
    }));
    const words = wordsOf(open);
    return tellerMarks(whoseOf(facts)).map((mark) => ({
      ...mark,
      problems: mark.problems.map((problem) => ({ ...problem, message: words })),
    }));
  }

  /** The files, those together that are of one cluster. */
  #clusters(): Named[][] {
    const clusters: { readonly files: Named[]; readonly ties: Set<string> }[] = [];
    for (const [path, file] of this.#files) {
      const before = this.#goesOn.get(path);
      const ties = new Set([...file.uids, placeOf(path), ...(before === undefined ? [] : [placeOf(before)])]);
      const files: Named[] = [[path, file]];
      for (const cluster of clusters.filter((one) => sharesAny(one.ties, ties))) {
        clusters.splice(clusters.indexOf(cluster), 1);
        files.unshift(...cluster.files);
        for (const tie of cluster.ties) ties.add(tie);
      }
      clusters.push({ files, ties });
    }
    return clusters.map(({ files }) => files);
  }
}

type Named = [path: string, file: File];

const sharesAny = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  [...b].some((one) => a.has(one));

/** No uid has a space. */
const placeOf = (path: string): string => `file ${path}`;

const sinceOf = (files: readonly Named[]): Instant => Math.min(...files.map(([, { since }]) => since));

const wordsOf = (open: readonly Named[]): string =>
  `Of which cluster ${open.map(([path]) => path).join(' and ')} ${open.length === 1 ? 'tells' : 'tell'} is not known: no object is in there that the other logs show. Since ${formatInstant(sinceOf(open))} anything may be of another cluster. Make a report of each cluster by itself, or give logs of a time in which they share an object.`;
