import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Run } from '@margay/api-contract';
import type { Scope } from '@margay/policy';
import type { KnownReport, ParentRecord } from '@margay/storage';
import type { FastifyRequest } from 'fastify';
import type { Asker } from './access.ts';

/** An endpoint may be seen in any of these scopes; in `all` everything of the cluster may be. */
export type ExportedScope = readonly Scope[] | 'all';

/** What the judge of a right has found out about a request. */
export interface Asked {
  readonly viewer: Asker;
  /** The runs that its path names, by parameter: those that the viewer may see, and nothing else can be reached. */
  readonly runs: ReadonlyMap<string, Run>;
  /** The GlobalReport that its path names, in the same sense. */
  readonly report?: KnownReport;
  /** The run over many clusters that its path names, in the same sense. */
  readonly parent?: ParentRecord;
  /** Of the cluster what the viewer may see, see `ExportableScope`. */
  readonly scope?: ExportedScope;
}

const asked = new WeakMap<FastifyRequest, Asked>();

/** Leaves it for whoever serves the request. */
export const remember = (request: FastifyRequest, found: Asked): void => void asked.set(request, found);

function foundOf(context: ExecutionContext): Asked {
  const found = asked.get(context.switchToHttp().getRequest<FastifyRequest>());
  if (found === undefined)
    throw new Error(`${context.getHandler().name} asks who is there, but its right is "open"`);
  return found;
}

/** Who asks, in the parameter of a handler. */
export const Asking = createParamDecorator(
  (_: unknown, context: ExecutionContext) => foundOf(context).viewer,
);

/** The run that the parameter of the path names, in the parameter of a handler. */
export const TheRun = createParamDecorator((parameter: string, context: ExecutionContext): Run => {
  const run = foundOf(context).runs.get(parameter);
  if (run === undefined)
    throw new Error(`${context.getHandler().name}: "${parameter}" is not in the "runs" of its operation`);
  return run;
});

/** What of the cluster the viewer may see, in the parameter of a handler. */
export const TheScope = createParamDecorator((_: unknown, context: ExecutionContext): ExportedScope => {
  const { scope } = foundOf(context);
  if (scope === undefined) throw new Error(`${context.getHandler().name}: its right is not "scope"`);
  return scope;
});

/** The run over many clusters that the path names, in the parameter of a handler. */
export const TheParent = createParamDecorator((_: unknown, context: ExecutionContext): ParentRecord => {
  const { parent } = foundOf(context);
  if (parent === undefined) throw new Error(`${context.getHandler().name}: its operation has no "parentRun"`);
  return parent;
});

/** The GlobalReport that the path names, in the parameter of a handler. */
export const TheReport = createParamDecorator((_: unknown, context: ExecutionContext): KnownReport => {
  const { report } = foundOf(context);
  if (report === undefined) throw new Error(`${context.getHandler().name}: its operation has no "report"`);
  return report;
});
