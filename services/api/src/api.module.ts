import { Module, type DynamicModule, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { CLOCK } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import type { Authority } from './access/access.ts';
import { ExportableScope } from './access/exportable-scope.ts';
import { Judges } from './access/judges.ts';
import { ClusterController } from './cluster/cluster.controller.ts';
import { CoverageController } from './cluster/coverage.controller.ts';
import { StateController } from './cluster/state.controller.ts';
import { DashboardController } from './dashboard/dashboard.controller.ts';
import { DocsController } from './docs/docs.controller.ts';
import { TimelineController } from './endpoints/timeline.controller.ts';
import { DownloadsController } from './exports/downloads.controller.ts';
import { FollowController } from './follow/follow.controller.ts';
import { CountedRequest, RequestLimits, type Limits } from './http/limits.ts';
import { readOrigin, type Proxies } from './http/origin.ts';
import { OwnGround } from './http/own-ground.middleware.ts';
import { LogController } from './log/log.controller.ts';
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
import { PendingLogins } from './sign-in/pending-logins.ts';
import { SignInController } from './sign-in/sign-in.controller.ts';
import type { SignIn } from './sign-in/sign-in.ts';
import {
  ACCESS,
  AUTHORITY,
  CLUSTER,
  HOSTS,
  LIMITS,
  NETWORKS,
  ORIGIN_OF,
  SESSION_LIMITS,
  SIGN_IN,
  TABLES,
} from './tokens.ts';

/** What the API serves, to whom, and under which names. */
export interface ApiOptions {
  readonly cluster: string;
  /** Asked once, when the application starts: who may see what. */
  readonly access: () => Authority | Promise<Authority>;
  /** The names that it may be reached under; any unless given. */
  readonly hosts?: readonly string[];
  /** The proxies in front of it; none unless given. */
  readonly proxies?: Proxies;
  /** How long sessions last, and how many; 12 hours, one hour unused, and 32 of one person unless given. */
  readonly sessions?: SessionLimits;
  /** The ways to sign in beside the token; none unless given. */
  readonly signIn?: SignIn;
  /** How much one person may ask for; no limits unless given. */
  readonly limits?: Limits;
  /** Networks that do not count as the internet; a default list unless given. */
  readonly privateNetworks?: readonly string[];
}

const HOUR = 3_600_000;
const SESSIONS: SessionLimits = { lifetime: 12 * HOUR, idle: HOUR, ofOne: 32 };
const NO_LIMITS: Limits = { perSecond: 0, longAtOnce: 0 };
const NO_PROXIES: Proxies = { networks: [], headers: 'x-forwarded' };

const CONTROLLERS = [
  ClusterController,
  RunsController,
  ReportsController,
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
    RequestLimits,
    SessionKeeper,
    PendingLogins,
    { provide: ACCESS, inject: [AUTHORITY, SessionKeeper, SIGN_IN, ORIGIN_OF, CLOCK], useFactory: whoAsks },
    { provide: TABLES, inject: [STORES], useFactory: ({ archive }: Stores) => tablesOf(archive) },
  ],
})
export class ApiModule implements NestModule {
  /**
   * @param adapters modules that provide `STORES`, of Elasticsearch for the service, embedded in one process. The same modules may
   * be given to others: Nest makes each once.
   */
  static over(
    {
      cluster,
      access,
      hosts,
      proxies = NO_PROXIES,
      sessions = SESSIONS,
      signIn = {},
      limits = NO_LIMITS,

      privateNetworks,
    }: ApiOptions,
    ...adapters: DynamicModule[]
  ): DynamicModule {
    return {
      module: ApiModule,
      imports: adapters,
      providers: [
        { provide: CLUSTER, useValue: cluster },
        { provide: AUTHORITY, useFactory: access },
        { provide: ORIGIN_OF, useValue: readOrigin(proxies) },
        { provide: SIGN_IN, useValue: signIn },
        { provide: LIMITS, useValue: limits },
        { provide: SESSION_LIMITS, useValue: sessions },
        { provide: HOSTS, useValue: hosts },
        { provide: NETWORKS, useValue: privateNetworks },
      ],
    };
  }

  /** Its own routes only: health and metrics of the same process are for whoever runs it. */
  configure(consumer: MiddlewareConsumer): void {
    // For routes Fastify's wildcard is a bare *, for middleware Nest wants it named.
    const others = CONTROLLERS.filter((each) => each !== DocsController);
    consumer.apply(OwnGround).forRoutes(...others, 'api/{*path}');
    // The page is sent from memory, which costs less than to refuse it.
    consumer.apply(CountedRequest).forRoutes('api/{*path}', 'login/{*path}');
  }
}
