import type { Archive, ArchivedHeader } from '../archive/archive.ts';
import { headerDamage } from '../archive/damaged.ts';
import type { Told } from './findings.ts';
import { headersIn } from './headers-in.ts';
import type { KeyedHash } from './sums.ts';

/** A header in its chain. */
export type Link = Pick<ArchivedHeader, 'id' | 'reportName' | 'sequence' | 'previous' | 'headerDigest'> & {
  readonly isSound: boolean;
};

/** What is kept of a chain while its headers go by, in whatever order. */
interface Chain {
  count: number;
  /** Those that follow no other. */
  firsts: number;
  isSound: boolean;
  last: Link;
  /** Of all links, less what the links say that they follow: in a chain its last one is left. */
  sum: bigint;
}

/** The chains of reports, of which each keeps one link in memory. */
export class Chains {
  readonly #hash: KeyedHash;
  readonly #chains = new Map<string, Chain>();

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  get size(): number {
    return this.#chains.size;
  }

  add(link: Link): void {
    const { reportName, sequence, previous, headerDigest, isSound } = link;
    const chain = this.#chains.get(reportName) ?? { count: 0, firsts: 0, isSound: true, last: link, sum: 0n };
    this.#chains.set(reportName, chain);
    chain.count++;
    chain.isSound &&= isSound;
    if (sequence > chain.last.sequence) chain.last = link;
    chain.sum += this.#hash(sequence, headerDigest);
    if (previous === undefined) chain.firsts++;
    else chain.sum -= this.#hash(sequence - 1, previous);
  }

  /** Tells what of the chains is not as it was archived. Those that are not sound are read once more, and are in memory then. */
  async tell(archive: Archive, told: Told): Promise<void> {
    const wrong = new Map<string, Link[]>();
    for (const [name, chain] of this.#chains) if (!this.#isWhole(chain)) wrong.set(name, []);
    if (wrong.size > 0)
      for await (const header of headersIn(archive))
        wrong.get(header.reportName)?.push(linkOf(header, headerDamage(header) === undefined));
    for (const [name, links] of wrong) tellChain(name, links, told);
    await this.#tellEnds(archive, told);
  }

  #isWhole({ count, firsts, isSound, last, sum }: Chain): boolean {
    return (
      isSound &&
      firsts === 1 &&
      count === last.sequence &&
      sum === this.#hash(last.sequence, last.headerDigest)
    );
  }

  /** What a store says that is the newest report of each chain is kept apart from the reports. */
  async #tellEnds(archive: Archive, { found }: Told): Promise<void> {
    const ends = new Map<string, ArchivedHeader>();
    const ahead: ArchivedHeader[] = [];
    for (const end of await archive.newest())
      if (end.sequence > (ends.get(end.reportName)?.sequence ?? 0)) ends.set(end.reportName, end);
    for (const [name, { last }] of this.#chains) {
      const end = ends.get(name);
      ends.delete(name);
      if (end === undefined)
        found(
          'removed',
          `The end of the chain of ${name} is not kept any more: its newest report is ${last.id}.`,
        );
      // Where the report itself was changed, that is told.
      else if (end.id === last.id && !last.isSound) continue;
      else if (headerDamage(end) !== undefined)
        found('changed', `The end of the chain of ${name}, report ${end.id}, was changed.`);
      else if (end.sequence < last.sequence || (end.id !== last.id && end.sequence === last.sequence))
        found(
          'changed',
          `The end of the chain of ${name} is kept as report ${end.id}, number ${end.sequence}, and its newest report is ${last.id}, number ${last.sequence}.`,
        );
      else if (end.sequence > last.sequence) ahead.push(end);
    }
    await tellAhead(archive, [...ahead, ...ends.values()], found);
  }
}

/** Ends of chains that were not walked: they were archived just now, and are found by now, or are not found at all. */
async function tellAhead(
  archive: Archive,
  ahead: readonly ArchivedHeader[],
  found: Told['found'],
): Promise<void> {
  if (ahead.length === 0) return;
  const unseen = new Map(ahead.map((end) => [end.id, end]));
  for await (const { id } of headersIn(archive)) unseen.delete(id);
  for (const { reportName, id, sequence } of unseen.values())
    found(
      'unlogged',
      `The end of the chain of ${reportName} is kept as report ${id}, number ${sequence}, which is in no list: somebody added it or removed the report, or its worker ended before it could be seen, which the next report of that name mends.`,
    );
}

export const linkOf = (header: ArchivedHeader, isSound: boolean): Link => {
  const { id, reportName, sequence, previous, headerDigest } = header;
  return { id, reportName, sequence, headerDigest, isSound, ...(previous !== undefined && { previous }) };
};

/** Tells where the headers of one report name do not make the chain that they were archived as. */
function tellChain(name: string, chain: readonly Link[], { found }: Told): void {
  const links = chain.toSorted((a, b) => a.sequence - b.sequence);
  const digests = new Set(chain.map(({ headerDigest }) => headerDigest));
  let before: Link | undefined;
  for (const link of links) {
    const { id, sequence, previous, isSound } = link;
    const expected = (before?.sequence ?? 0) + 1;
    if (sequence > expected)
      found(
        'removed',
        `The chain of ${name} lacks ${sequence === expected + 1 ? `number ${expected}` : `the numbers ${expected} to ${sequence - 1}`}, before report ${id}.`,
      );
    else if (sequence < expected)
      found('reordered', `In the chain of ${name} two reports have the number ${sequence}: ${id} is one.`);
    else if (isSound && before?.isSound !== false && previous !== before?.headerDigest)
      found(
        previous !== undefined && digests.has(previous) ? 'reordered' : 'replaced',
        `In the chain of ${name} report ${id}, number ${sequence}, does not follow the one that stands before it.`,
      );
    before = link;
  }
}
