import type { Archive, ArchivedHeader } from '../archive/archive.ts';
import { headerDamage } from '../archive/damaged.ts';
import type { Told } from './findings.ts';
import { headersIn } from './headers-in.ts';
import type { KeyedHash } from './sums.ts';

/** Reports of one name and type. */
interface List {
  readonly reportName: string;
  readonly reportType: string;
  /** Of the ids. */
  sum: bigint;
}

/** The lists of reports by name and type: by what the store has beside the headers. */
export class Lists {
  readonly #hash: KeyedHash;
  readonly #lists = new Map<string, List>();

  constructor(hash: KeyedHash) {
    this.#hash = hash;
  }

  /** @param header one that is sound. */
  add({ id, reportName, reportType }: ArchivedHeader): void {
    const key = JSON.stringify([reportName, reportType]);
    const list = this.#lists.get(key) ?? { reportName, reportType, sum: 0n };
    this.#lists.set(key, list);
    list.sum += this.#hash(id);
  }

  /** Tells whether whoever asks for the reports of one name and type gets all of them. */
  async tell(archive: Archive, { found }: Told): Promise<void> {
    for (const { reportName, reportType, sum } of this.#lists.values()) {
      let listedSum = 0n;
      for await (const header of headersIn(archive, { reportName, reportType }))
        if (headerDamage(header) === undefined) listedSum += this.#hash(header.id);
      if (listedSum === sum) continue;
      const listed = new Set<string>();
      for await (const { id } of headersIn(archive, { reportName, reportType })) listed.add(id);
      for await (const header of headersIn(archive)) {
        const isOne = header.reportName === reportName && header.reportType === reportType;
        if (isOne && headerDamage(header) === undefined && !listed.has(header.id))
          found(
            'changed',
            `Report ${header.id} is not listed among those of ${reportName}, type ${reportType}.`,
          );
      }
    }
  }
}
