import { Inject, Injectable, type ExecutionContext, type OnModuleInit } from '@nestjs/common';
import type { Right, Run } from '@margay/api-contract';
import type { Action } from '@margay/kubernetes';
import { RouteRights, type Judge } from '@margay/runtime/nest';
import type { FastifyRequest } from 'fastify';
import { operationOf } from '../http/serves.ts';
import { RunList } from '../runs/run-list.ts';
import { ACCESS } from '../tokens.ts';
import type { Access } from './access.ts';
import { remember } from './asked.ts';

/** Judges the rights of the API's operations: who asks, what they may do, and of which runs. */
@Injectable()
export class Judges implements OnModuleInit {
  readonly #rights: RouteRights;
  readonly #access: Access;
  readonly #runs: RunList;

  constructor(
    @Inject(RouteRights) rights: RouteRights,
    @Inject(ACCESS) access: Access,
    @Inject(RunList) runs: RunList,
  ) {
    this.#rights = rights;
    this.#access = access;
    this.#runs = runs;
  }

  onModuleInit(): void {
    const judges: Record<Exclude<Right, 'open'>, Judge> = {
      'signed-in': async (request) =>
        remember(request, { viewer: await this.#access(request), runs: new Map() }),
      list: (request, context) => this.#ofReports('list', request, context),
      export: (request, context) => this.#ofReports('export', request, context),
      cluster: async (request) => {
        const viewer = await this.#access(request);
        await viewer.requireCluster();
        remember(request, { viewer, runs: new Map() });
      },
    };
    this.#rights.add(judges);
  }

  async #ofReports(action: Action, request: FastifyRequest, context: ExecutionContext): Promise<void> {
    const viewer = await this.#access(request);
    const parameters = operationOf(context).runs ?? [];
    // Whoever may list nothing at all is told so, also where there is nothing to list.
    if (parameters.length === 0) await viewer.listable([]);
    const runs = new Map<string, Run>();
    for (const parameter of parameters) {
      const id = (request.params as Readonly<Record<string, string>>)[parameter]!;
      runs.set(parameter, await this.#runs.seenBy(viewer, id, action));
    }
    remember(request, { viewer, runs });
  }
}
