/**
 * The Nest base that all services share. It is a door of its own, since whoever only reads settings or writes a log must not load
 * Nest: `@margay/runtime` never does.
 *
 * A service is a module, a `config.ts` and a `main.ts` of one call:
 *
 * ```ts
 * // snapshotter.module.ts: controllers and providers; the adapters behind its ports come from outside
 * @Module({ controllers: [EvidenceController] })
 * export class SnapshotterModule {
 *   static over(...adapters: DynamicModule[]): DynamicModule {
 *     return { module: SnapshotterModule, imports: adapters };
 *   }
 * }
 *
 * // main.ts
 * await runService({ name: 'snapshotter', config, module: (settings) =>
 *   SnapshotterModule.over(BusModule.kafka(settings, 'snapshotter', resourceChanges.name), StoresModule.elasticsearch(settings)) });
 * ```
 *
 * Everything injected is named by its token, `@Inject(TOKEN)`: there is no metadata of types. `ProcessModule` is global and gives
 * `LOG`, `METRICS`, `CLOCK`, {@link Readiness} (`add(name, check)` in `onModuleInit` makes a line of `/readyz`), {@link Stages} (`keep(name,
 * work)` in `onApplicationBootstrap` runs long work, starts it again and ends it) and {@link RouteRights}.
 *
 * *HTTP.* A controller is an ordinary one. Each route declares its right, `@Right('name')` or `@Open()`; the module gives the judge
 * of the name, `routeRights.add({ name: (request) => … })`, in `onModuleInit`. A route that declares none, or one that nobody
 * judges, keeps the application from starting. Input is checked by the zod schema at the parameter, `@Query({ schema })`. Throw a
 * `Problem` (`missing`, `refused`) for any other answer than 200: the filter writes it as problem+json.
 *
 * *Topics.* See `@margay/messaging/nest`.
 *
 * *Tests.* `Test.createTestingModule({ imports: [ProcessModule.with({ log, metrics }), SnapshotterModule.over(…)] })`; with
 * {@link connectTransports} and `startAllMicroservices` its topics are consumed. {@link startApplication} gives one that listens.
 */
export { watchDisk } from './health/disk.ts';
export { Readiness, type Warning } from './health/readiness.ts';
export {
  heardAgain,
  lookAtDeliveries,
  measureDeliveries,
  type Heard,
  type PrintedSource,
  type SourceLook,
} from './health/source-look.ts';
export { openBehind, type ApplicationBehind } from './http/behind.ts';
export { openListener, type HttpServer, type ServeOptions } from './http/listener.ts';
export { Open, Right } from './http/right.ts';
export type { TlsFiles } from './http/tls-files.ts';
export { RouteRights, type Judge } from './http/route-rights.ts';
export { ProcessModule } from './process.module.ts';
export { runService } from './run-service.ts';
export { connectTransports, startApplication, type ApplicationOptions } from './start-application.ts';
export { STAGE_STOPPED, Stages } from './stages.ts';
export { CLOCK, LOG, METRICS, type Clock } from './tokens.ts';
export { Transports } from './transports.ts';
