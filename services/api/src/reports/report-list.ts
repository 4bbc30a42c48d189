import { Inject, Injectable } from '@nestjs/common';
import type { Action } from '@margay/kubernetes';
import { missing } from '@margay/runtime';
import type { KnownReport, Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { Viewer } from '../access/access.ts';

const refOf = ({ name, reportType }: KnownReport) => ({ name, type: reportType });

/** The GlobalReports that there are, as far as a viewer may see them. */
@Injectable()
export class ReportList {
  readonly #stores: Stores;

  constructor(@Inject(STORES) stores: Stores) {
    this.#stores = stores;
  }

  /** Those that the viewer may list, by name. @throws Problem 403 where they may list none at all. */
  async visibleTo(viewer: Viewer): Promise<KnownReport[]> {
    const all = await this.#stores.windows.reports();
    const allowed = new Set((await viewer.listable(all.map(refOf))).map(({ name }) => name));
    return all.filter(({ name }) => allowed.has(name));
  }

  /**
   * The report, for a viewer who may do this with it. What one may not get looks as if it were not there.
   *
   * @throws Problem 404, or 403 that names the missing verb.
   */
  async seenBy(viewer: Viewer, name: string, action: Action): Promise<KnownReport> {
    const report = (await this.#stores.windows.reports()).find((found) => found.name === name);
    const visible = await viewer.listable(report === undefined ? [] : [refOf(report)]);
    if (report === undefined || visible.length === 0) throw missing(`GlobalReport ${name}`);
    if (action !== 'list') await viewer.require(action, refOf(report));
    return report;
  }
}
