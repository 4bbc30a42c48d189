import { Inject, Injectable, type ExecutionContext, type OnModuleInit } from '@nestjs/common';
import type { Right, Run } from '@margay/api-contract';
import type { Action } from '@margay/kubernetes';
import { RouteRights, type Judge } from '@margay/runtime/nest';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequestLimits } from '../http/limits.ts';
import { operationOf } from '../http/serves.ts';
import { ParentRunList } from '../parents/parent-run-list.ts';
import { RunList } from '../runs/run-list.ts';
import { ReportList } from '../reports/report-list.ts';
import { refuseUnserved } from '../clusters/unknown-cluster.ts';
import { elsewhere, type KeptIn } from '../hub/cells.ts';
import { ACCESS, CLUSTER, KEPT_IN } from '../tokens.ts';
import type { Access, Asker } from './access.ts';
import { remember } from './asked.ts';
import { ExportableScope } from './exportable-scope.ts';

/** Judges the rights of the API's operations: who asks, what they may do, and of which runs. */
@Injectable()
export class Judges implements OnModuleInit {
  readonly #rights: RouteRights;
  readonly #access: Access;
  readonly #runs: RunList;
  readonly #reports: ReportList;
  readonly #parents: ParentRunList;
  readonly #scope: ExportableScope;
  readonly #limits: RequestLimits;
  readonly #cluster: string;
  readonly #keptIn: KeptIn | undefined;

  constructor(
    @Inject(RouteRights) rights: RouteRights,
    @Inject(ACCESS) access: Access,
    @Inject(RunList) runs: RunList,
    @Inject(ReportList) reports: ReportList,
    @Inject(ParentRunList) parents: ParentRunList,
    @Inject(ExportableScope) scope: ExportableScope,
    @Inject(RequestLimits) limits: RequestLimits,
    @Inject(CLUSTER) cluster: string,
    @Inject(KEPT_IN) keptIn: KeptIn | undefined,
  ) {
    this.#rights = rights;
    this.#access = access;
    this.#runs = runs;
    this.#reports = reports;
    this.#parents = parents;
    this.#scope = scope;
    this.#limits = limits;
    this.#cluster = cluster;
    this.#keptIn = keptIn;
  }

  onModuleInit(): void {
    const judges: Record<Exclude<Right, 'open'>, Judge> = {
      'signed-in': async (request, context) =>
        remember(request, { viewer: await this.#viewer(request, context), runs: new Map() }),
      cluster: async (request, context) => {
        const viewer = await this.#viewer(request, context);
        await viewer.enter?.(this.#cluster);
        remember(request, { viewer, runs: new Map() });
      },
      list: (request, context) => this.#ofReports('list', request, context),
      export: (request, context) => this.#ofReports('export', request, context),
      run: (request, context) => this.#ofReports('run', request, context),
      scope: async (request, context) => {
        const viewer = await this.#viewer(request, context);
        remember(request, { viewer, runs: new Map(), scope: await this.#scope.of(viewer) });
      },
    };
    this.#rights.add(
      Object.fromEntries(
        Object.entries(judges).map(([right, judge]) => [right, this.#here(judge)]),
      ) as typeof judges,
    );
  }

  /** Whoever may have it is told where it is, where it is not here. */
  #here(judge: Judge): Judge {
    const keptIn = this.#keptIn;
    if (keptIn === undefined) return judge;
    return async (request, context) => {
      await judge(request, context);
      if (operationOf(context).inCell) throw elsewhere(keptIn, this.#cluster, request.raw.url);
    };
  }

  /** Who asks, if they do not ask for too much. */
  async #viewer(request: FastifyRequest, context: ExecutionContext): Promise<Asker> {
    const viewer = await this.#access(request);
    await refuseUnserved(viewer, request.raw);
    // Who is called the same in another cluster is somebody else.
    const who = viewer.name === '' ? '' : `${viewer.name} of ${this.#cluster}`;
    this.#limits.known(request.raw, who);
    const { takes } = operationOf(context);
    const { raw: response } = context.switchToHttp().getResponse<FastifyReply>();
    if (takes !== undefined) this.#limits.begin(takes, request.raw, response, who);
    return viewer;
  }

  async #ofReports(action: Action, request: FastifyRequest, context: ExecutionContext): Promise<void> {
    const viewer = await this.#viewer(request, context);
    const { runs: parameters = [], report: named, parentRun } = operationOf(context);
    const parts = request.params as Readonly<Record<string, string>>;
    // Whoever may list nothing at all is told so, also where there is nothing to list.
    if (parameters.length === 0) await viewer.listable([]);
    const runs = new Map<string, Run>();
    for (const parameter of parameters)
      runs.set(parameter, await this.#runs.seenBy(viewer, parts[parameter]!, action));
    const report =
      named === undefined ? undefined : await this.#reports.seenBy(viewer, parts[named]!, action);
    const parent =
      parentRun === undefined ? undefined : await this.#parents.seenBy(viewer, parts[parentRun]!);
    remember(request, { viewer, runs, ...(report && { report }), ...(parent && { parent }) });
  }
}
