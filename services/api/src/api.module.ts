import {
  Module,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
  type Provider,
} from '@nestjs/common';
import { CLOCK, LOG, METRICS, Readiness, type Clock } from '@margay/runtime/nest';
import type { Log, Metrics } from '@margay/runtime';
import type { Cell, Stores } from '@margay/storage';
import { CELL, STORES } from '@margay/storage/nest';
import type { Authority } from './access/access.ts';
import { ExportableScope } from './access/exportable-scope.ts';
import type { HubView } from './clusters/fleet.ts';
import type { KeptIn } from './hub/cells.ts';
import { feedOf } from './hub/feed.ts';
import { Judges } from './access/judges.ts';
import { ClusterController } from './cluster/cluster.controller.ts';
import { CoverageController } from './cluster/coverage.controller.ts';
import { StateController } from './cluster/state.controller.ts';
import { ClusterDoor } from './clusters/cluster-door.middleware.ts';
import { ClustersController } from './clusters/clusters.controller.ts';
import { viewerInOf } from './clusters/viewer-in.ts';
import { onlyCluster, OtherClusters, type Others } from './clusters/other-clusters.ts';
import { DashboardController } from './dashboard/dashboard.controller.ts';
import { DocsController } from './docs/docs.controller.ts';
import { TimelineController } from './endpoints/timeline.controller.ts';
import { DownloadsController } from './exports/downloads.controller.ts';
import { FollowController } from './follow/follow.controller.ts';
import { CountedRequest, RequestLimits, type Limits } from './http/limits.ts';
import { readOrigin, type Proxies } from './http/origin.ts';
import { OwnGround, OwnHeaders } from './http/own-ground.middleware.ts';
import { LogController } from './log/log.controller.ts';
import { ParentRunList } from './parents/parent-run-list.ts';
import { ParentsController } from './parents/parents.controller.ts';
import { ReportList } from './reports/report-list.ts';
import { ReportsController } from './reports/reports.controller.ts';
import { ChangesController } from './rows/changes.controller.ts';
import { RowsController } from './rows/rows.controller.ts';
import { tablesOf } from './rows/tables.ts';
import { CompareController } from './runs/compare.controller.ts';
import { RunList } from './runs/run-list.ts';
import { RunsController } from './runs/runs.controller.ts';
import { SessionController } from './session/session.controller.ts';
import { SessionKeeper, type SessionLimits } from './session/session-keeper.ts';
import { whoAsks } from './session/who-asks.ts';
import type { SinkOptions } from './sink/settings.ts';
import { Sink } from './sink/sink.ts';
import { PendingLogins } from './sign-in/pending-logins.ts';
import { SignInController } from './sign-in/sign-in.controller.ts';
import type { SignIn } from './sign-in/sign-in.ts';
import {
  ACCESS,
  AUTHORITY,
  CLUSTER,
  CLUSTERS_HERE,
  HOSTS,
  HTTPS_ONLY,
  KEPT_IN,
  LIMITS,
  NETWORKS,
  ORIGIN_OF,
  SESSION_LIMITS,
  SIGN_IN,
  SINK,
  TABLES,
} from './tokens.ts';

export type { SinkOptions };

/** What the API serves, to whom, and under which names. */
export interface ApiOptions {
  readonly cluster: string;
  /** Asked once, when the application starts: who may see what. */
  readonly access: () => Authority | Promise<Authority>;
  /** The other clusters of the cell, that a request names by `?cluster=`: who may see what of each; none unless given. */
  readonly others?: {
    readonly access: (cluster: string) => Authority | Promise<Authority>;
    /** Whoever is known to one of them is known to all: one token for everything, or none. */
    readonly isOneAuthority: boolean;
  };
  /** Of a hub the cells in which the evidence of each cluster is; elsewhere it is here. */
  readonly keptIn?: ReadonlyMap<string, KeptIn>;
  /** The names that it may be reached under; any unless given. */
  readonly hosts?: readonly string[];
  /** The name, without a port, that browsers are told to ask by TLS alone from now on, where they came by it; none unless given. */
  readonly httpsOnly?: string;
  /** The proxies in front of it; none unless given. */
  readonly proxies?: Proxies;
  /** How long sessions last, and how many; 12 hours, one hour unused, and 32 of one person unless given. */
  readonly sessions?: SessionLimits;
  /** The ways to sign in beside the token; none unless given. */
  readonly signIn?: SignIn;
  /** How much one person may ask for; no limits unless given. */
  readonly limits?: Limits;
  /** Where copies of evidence are kept; nowhere unless given. */
  readonly sink?: SinkOptions;
  /** Networks that do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[];
}

const HOUR = 3_600_000;
const SESSIONS: SessionLimits = { lifetime: 12 * HOUR, idle: HOUR, ofOne: 32 };
const NO_LIMITS: Limits = { perSecond: 0, longAtOnce: 0 };
const NO_PROXIES: Proxies = { networks: [], headers: 'x-forwarded' };

const CONTROLLERS = [
  ClustersController,
  ClusterController,
  RunsController,
  ReportsController,
  ParentsController,
  RowsController,
  CompareController,
  TimelineController,
  ChangesController,
  DownloadsController,
  StateController,
  CoverageController,
  LogController,
  FollowController,
  SessionController,
  SignInController,
  DashboardController,
  DocsController,
];

/** The dashboard, the REST API and its documentation. All but asking for runs only reads. */
@Module({
  controllers: CONTROLLERS,
  providers: [
    Judges,
    ExportableScope,
    RunList,
    ReportList,
    ParentRunList,
    SessionKeeper,
    PendingLogins,
    Sink,
    { provide: ACCESS, inject: [AUTHORITY, SessionKeeper, SIGN_IN, ORIGIN_OF, CLOCK], useFactory: whoAsks },
    { provide: TABLES, inject: [STORES], useFactory: ({ archive }: Stores) => tablesOf(archive) },
  ],
})
export class ApiModule implements NestModule {
  /**
   * @param adapters modules that provide `STORES`, of Elasticsearch for the service, embedded in one process. The same modules may
   * be given to others: Nest makes each once.
   */
  static over(options: ApiOptions, ...adapters: DynamicModule[]): DynamicModule {
    return apiOf(options, [clustersOf(options), RequestLimits], adapters);
  }

  /** Its own routes only: health and metrics of the same process are for whoever runs it. */
  configure(consumer: MiddlewareConsumer): void {
    const ofProcess = ['healthz', 'readyz', 'metrics'];
    // The page is sent from memory, which costs less than to refuse it.
    const page = ['/', 'dashboard/{*path}'];
    // In this order: what is refused is counted and keeps to itself as well, whatever is asked for and whoever refuses it.
    consumer
      .apply(OwnHeaders)
      .exclude(...ofProcess)
      .forRoutes('{*path}');
    consumer
      .apply(CountedRequest)
      .exclude(...ofProcess, ...page)
      .forRoutes('{*path}');
    consumer
      .apply(OwnGround)
      .exclude(...ofProcess)
      .forRoutes('{*path}');
    consumer
      .apply(ClusterDoor)
      .exclude(...ofProcess, ...page)
      .forRoutes('{*path}');
  }
}

/** The clusters that are served beside that of an API. */
function clustersOf(options: ApiOptions): Provider {
  const { cluster, others, keptIn = new Map<string, KeptIn>() } = options;
  const provide = CLUSTERS_HERE;
  const hubIn = (cell: Pick<Cell, 'of'>, clock: Clock): HubView => ({
    feedOf: async (of) => {
      const place = keptIn.get(of);
      const { mirror } = cell.of(of);
      return place === undefined || mirror === undefined ? null : feedOf(mirror, place, clock());
    },
    uidGiven: (of) => keptIn.get(of)?.uid,
  });
  if (others === undefined)
    return {
      provide,
      inject: [STORES, LOG, METRICS, CLOCK],
      useFactory: (stores: Stores, log: Log, metrics: Metrics, clock: Clock) =>
        onlyCluster(cluster, stores, { log, metrics, hub: hubIn({ of: () => stores }, clock) }),
    };
  const access = eachOnce(others.access);
  return {
    provide,
    inject: [CELL, STORES, RequestLimits, LOG, CLOCK, METRICS, Readiness],
    useFactory: (
      cell: Cell,
      { sessions }: Stores,
      limits: RequestLimits,
      log: Log,
      clock: Clock,
      metrics: Metrics,
      readiness: Readiness,
    ) => {
      const moduleOf: Others['moduleOf'] = (here, stores, counting) =>
        apiOf(
          { ...options, cluster: here.asked, access: () => access(here.asked) },
          [
            { provide, useValue: here },
            { provide: RequestLimits, useValue: counting },
          ],
          [storesAsGiven(stores)],
        );
      const viewerIn = viewerInOf({
        ...others,
        names: cell.clusters,
        access,
        sessions,
        limits: options.sessions ?? SESSIONS,
        originOf: readOrigin(options.proxies ?? NO_PROXIES),
        signIn: options.signIn ?? {},
        clock,
      });
      return new OtherClusters({
        cell,
        limits,
        log,
        clock,
        metrics,
        readiness,
        viewerIn,
        moduleOf,
        hub: hubIn(cell, clock),
      });
    },
  };
}

/** Each cluster's authority is made once, whoever asks for it; one that could not be made is made when it is asked for again. */
function eachOnce(
  access: NonNullable<ApiOptions['others']>['access'],
): (cluster: string) => Promise<Authority> {
  const made = new Map<string, Promise<Authority>>();
  return async (cluster) => {
    const making = made.get(cluster) ?? Promise.resolve(access(cluster));
    made.set(cluster, making);
    making.catch(() => made.delete(cluster));
    return making;
  };
}

const storesAsGiven = (stores: Stores): DynamicModule => ({
  module: class StoresOfOther {},
  providers: [{ provide: STORES, useValue: stores }],
  exports: [STORES],
});

/** @param own what an API has of the process that it is in: its clusters, and the limits of requests. */
function apiOf(options: ApiOptions, own: Provider[], adapters: DynamicModule[]): DynamicModule {
  const {
    cluster,
    access,
    hosts,
    httpsOnly,
    proxies = NO_PROXIES,
    sessions = SESSIONS,
    signIn = {},
    limits = NO_LIMITS,
    privateNetworks,
    keptIn,
    sink,
  } = options;
  return {
    module: ApiModule,
    imports: adapters,
    providers: [
      ...own,
      { provide: CLUSTER, useValue: cluster },
      { provide: AUTHORITY, useFactory: access },
      { provide: ORIGIN_OF, useValue: readOrigin(proxies) },
      { provide: SIGN_IN, useValue: signIn },
      { provide: LIMITS, useValue: limits },
      { provide: SESSION_LIMITS, useValue: sessions },
      { provide: HOSTS, useValue: hosts },
      { provide: HTTPS_ONLY, useValue: httpsOnly },
      { provide: NETWORKS, useValue: privateNetworks },
      { provide: KEPT_IN, useValue: keptIn?.get(cluster) },
      { provide: SINK, useValue: sink },
    ],
  };
}
