import {
  Inject,
  Injectable,
  RequestMethod,
  type CanActivate,
  type ExecutionContext,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { OPEN, RIGHT } from './right.ts';

/**
 * Lets a request through, or throws the `Problem` that it is answered with. It may leave on the request who asks; the context tells
 * what the route's decorators say beside the right.
 */
export type Judge = (request: FastifyRequest, context: ExecutionContext) => Promise<void> | void;

/** Nest's own names of what a route's decorators leave on its method and its controller. */
const METHOD = 'method';
const PATH = 'path';

/**
 * The rights that routes may need, and the guard that holds every route to its own.
 *
 * A module gives its judges when it is made (`onModuleInit`). Before anything is served each route of each controller is looked
 * at: one that declares no right, or a right that nobody judges, keeps the application from starting.
 */
@Injectable()
export class RouteRights implements OnApplicationBootstrap, CanActivate {
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  readonly #reflector: Reflector;
  readonly #judges = new Map<string, Judge>([[OPEN, () => {}]]);

  constructor(
    @Inject(DiscoveryService) discovery: DiscoveryService,
    @Inject(MetadataScanner) scanner: MetadataScanner,
    @Inject(Reflector) reflector: Reflector,
  ) {
    this.#discovery = discovery;
    this.#scanner = scanner;
    this.#reflector = reflector;
  }

  /** @throws Error for a name that has a judge already. */
  add(judges: Readonly<Record<string, Judge>>): void {
    for (const [name, judge] of Object.entries(judges)) {
      if (this.#judges.has(name)) throw new Error(`There are two judges of the right "${name}": rename one`);
      this.#judges.set(name, judge);
    }
  }

  /** @throws Error that names every route that cannot be served, and says what to do. */
  onApplicationBootstrap(): void {
    const problems = this.#discovery
      .getControllers()
      .flatMap(({ metatype }) => (typeof metatype === 'function' ? this.#problemsOf(metatype) : []));
    if (problems.length > 0)
      throw new Error(`These routes cannot be served:\n${problems.map((each) => `  ${each}`).join('\n')}`);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const right = this.#reflector.getAllAndOverride<string | undefined>(RIGHT, [
      context.getHandler(),
      context.getClass(),
    ]);
    const judge = this.#judges.get(right ?? '');
    if (judge === undefined)
      throw new Error(`Nobody judges the right ${right} of ${context.getHandler().name}`);
    await judge(context.switchToHttp().getRequest<FastifyRequest>(), context);
    return true;
  }

  #problemsOf(controller: Function): string[] {
    const prototype = controller.prototype as object;
    return this.#scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = (prototype as Record<string, Function>)[name]!;
      const method = Reflect.getMetadata(METHOD, handler) as RequestMethod | undefined;
      if (method === undefined) return [];
      const right = this.#reflector.getAllAndOverride<string | undefined>(RIGHT, [handler, controller]);
      if (right !== undefined && this.#judges.has(right)) return [];
      const paths = [controller, handler].map((each) => String(Reflect.getMetadata(PATH, each) ?? ''));
      const path = `/${paths.flatMap((part) => part.split('/').filter(Boolean)).join('/')}`;
      const route = `${RequestMethod[method]} ${path} (${controller.name}.${name})`;
      return right === undefined
        ? `${route} declares no right: put @Right(…) on the method or its controller, or @Open() where anybody may call it`
        : `${route} declares the right "${right}", which nobody judges: there are ${[...this.#judges.keys()].join(', ')}`;
    });
  }
}
