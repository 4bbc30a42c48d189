import type { Ingested } from '@margay/audit-ingestor';
import { tellerMarks, tellerOf, whoseOf, type CoverageMark, type TellerFact } from '@margay/coverage';
import type { Instant } from '@margay/ground';
import { shownByOneCluster } from '@margay/history';
import type { Stretch } from '@margay/sources';

/**
 * Notes by their objects which files of logs are of one cluster, where nothing is kept: as one who keeps evidence judges those who tell it
 * (`whoseOf`), with the one that tells of objects first as what the others are held against.
 */
export class OneCluster {
  /** From when on each tells of objects, or of who tried to write them. */
  readonly #tells = new Map<string, TellerFact & { readonly what: 'tells' }>();
  readonly #ties = new Map<string, TellerFact>();
  /** Who showed first what no two clusters show alike. */
  readonly #shownBy = new Map<string, string>();

  /** @param path of the file that a stretch is of. @param read what it tells. */
  note(
    path: string,
    { source, goesOnFrom }: Pick<Stretch, 'source' | 'goesOnFrom'>,
    { changes, policyEvents }: Pick<Ingested, 'changes' | 'policyEvents'>,
  ): void {
    const teller = tellerOf('', source);
    if (goesOnFrom !== undefined) this.#tie(teller, tellerOf('', goesOnFrom), 0);
    const tells = (at: Instant): void => {
      if (at < (this.#tells.get(teller)?.at ?? Infinity))
        this.#tells.set(teller, { what: 'tells', teller, source: path, at });
    };
    for (const { at } of policyEvents) tells(at);
    for (const change of changes) {
      const at = Math.min(change.receivedAt, change.at);
      tells(at);
      const shown = shownByOneCluster(change);
      if (shown === undefined) continue;
      const first = this.#shownBy.get(shown);
      if (first === undefined) this.#shownBy.set(shown, teller);
      else this.#tie(teller, first, at);
    }
  }

  /** What is open since some files are of nobody knows which cluster. */
  marks(): CoverageMark[] {
    const tells = [...this.#tells.values()].sort((a, b) => a.at - b.at);
    const first = tells.slice(0, 1).map(({ teller }): TellerFact => ({ what: 'first', teller }));
    return tellerMarks(whoseOf([...first, ...tells, ...this.#ties.values()]));
  }

  #tie(teller: string, to: string, at: Instant): void {
    if (teller !== to) this.#ties.set(`${teller} ${to}`, { what: 'tied', teller, to, at });
  }
}
