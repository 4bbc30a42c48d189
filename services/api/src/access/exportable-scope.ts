import { Inject, Injectable } from '@nestjs/common';
import type { ReportRef } from '@margay/kubernetes';
import type { Scope } from '@margay/policy';
import { hasScope } from '@margay/reports';
import { soundHeader, type Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { RunList } from '../runs/run-list.ts';
import { contentOf } from '../runs/runs.ts';
import type { Viewer } from './access.ts';
import type { ExportedScope } from './asked.ts';

/** A report and the endpoints that it is about. */
interface ScopedReport extends ReportRef {
  readonly scope: () => Promise<Scope | undefined>;
}

/** What of the cluster lies in the scope of reports that a viewer may export: they could read it there. */
@Injectable()
export class ExportableScope {
  readonly #stores: Stores;
  readonly #runs: RunList;

  constructor(@Inject(STORES) stores: Stores, @Inject(RunList) runs: RunList) {
    this.#stores = stores;
    this.#runs = runs;
  }

  /** @throws Problem 403 that names the missing verb where they may export none. */
  async of(viewer: Viewer): Promise<ExportedScope> {
    const reports = await viewer.exportable(await this.#reports());
    if (reports === 'every') return 'all';
    const scopes = await Promise.all(reports.map(({ scope }) => scope()));
    const all = scopes.some((scope) => scope !== undefined && !hasScope({ endpoints: scope }));
    return all ? 'all' : scopes.flatMap((scope) => scope ?? []);
  }

  /** The GlobalReports that there are, and those of which there are archived reports only, as the newest of these has them. */
  async #reports(): Promise<ScopedReport[]> {
    const known = await this.#stores.windows.reports();
    const reports = new Map<string, ScopedReport>();
    for (const { name, reportType: type, spec } of known)
      reports.set(name, { name, type, scope: async () => scopeIn(spec) });
    for (const { id, report: name, reportType: type, state } of await this.#runs.all())
      if (state === 'completed' && !reports.has(name))
        reports.set(name, { name, type, scope: () => this.#archivedScope(id) });
    return [...reports.values()];
  }

  /** The scope that an archived report was computed with; undefined where it was removed, or is not what was archived. */
  async #archivedScope(id: string): Promise<Scope | undefined> {
    const header = await soundHeader(this.#stores.archive, id);
    return header && scopeIn(contentOf(header).reportSpec);
  }
}

const scopeIn = (spec: unknown): Scope => (spec as { readonly endpoints?: Scope }).endpoints ?? {};
