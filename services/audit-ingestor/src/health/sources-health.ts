import type { CoverageMark } from '@margay/coverage';
import type { Log, Metrics } from '@margay/runtime';
import { LOG, measureDeliveries, METRICS, Readiness, watchDisk, type SourceLook } from '@margay/runtime/nest';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { AUDIT_INGESTOR_OPTIONS, type AuditIngestorOptions } from '../options.ts';
import { SourceHealth } from './source-health.ts';

/** What the log says of a source in which canaries stopped coming, and when they come again. */
export const SOURCE_SILENT = 'A source is silent: what is written to see whether it arrives does not';
const SOURCE_BACK = 'A source delivers again';
const UNHEARD = 'No log delivers what is written through an API server to see whether it arrives';

const WATCH = 'watch/';
const isLog = (source: string): boolean => !source.startsWith(WATCH);
/** What comes to one of several instances, and not to each. */
const isDealtOut = (source: string): boolean => source.startsWith('webhook:') || source.startsWith('topic:');

/** Tells how the sources are: in `/readyz`, as metrics, and in the log where one falls silent. */
@Injectable()
export class SourcesHealth implements OnModuleInit {
  /** What is known of those of the cluster into which canaries are written here. */
  readonly known: SourceHealth;
  /** Of that one and of any other for which a receiver takes something. */
  readonly #byCluster: Map<string, SourceHealth>;
  /** Whether other instances have logs, too. */
  readonly #isShared: boolean;
  readonly #directory: string | undefined;
  readonly #readiness: Readiness;
  readonly #metrics: Metrics;
  readonly #log: Log;
  /** What was said already. */
  readonly #said = new Set<string>();

  constructor(
    @Inject(Readiness) readiness: Readiness,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOG) log: Log,
    @Inject(AUDIT_INGESTOR_OPTIONS)
    {
      cluster,
      isShared = false,
      directory,
    }: Pick<AuditIngestorOptions, 'cluster' | 'isShared' | 'directory'>,
  ) {
    this.#isShared = isShared;
    this.#directory = directory;
    this.known = this.#healthOf(cluster);
    this.#byCluster = new Map([[cluster, this.known]]);
    this.#readiness = readiness;
    this.#metrics = metrics;
    this.#log = log;
  }

  onModuleInit(): void {
    this.#readiness.describe(() => this.#look());
    this.#readiness.add('sources', () => this.#check());
    if (this.#directory !== undefined) watchDisk(this.#readiness, this.#metrics, this.#directory);
    this.#metrics.onScrape(async () => this.#measure(this.#look()));
  }

  delivered(cluster: string, mark: CoverageMark): void {
    const known = this.#byCluster.get(cluster) ?? this.#healthOf(cluster);
    this.#byCluster.set(cluster, known);
    known.delivered(mark, Date.now());
  }

  #healthOf(cluster: string): SourceHealth {
    return new SourceHealth(cluster, (source) => this.#isShared && isDealtOut(source));
  }

  #look(): readonly SourceLook[] {
    return [...this.#byCluster.values()].flatMap((known) => known.look(Date.now()));
  }

  /**
   * A source that never was there is a reason not to be ready; one that was, and is silent or refused now, is a warning: whoever
   * is not ready gets no more of what the others deliver.
   */
  #check(): string | { warning: string } | undefined {
    const looks = this.#look();
    const never = looks.filter(({ isHeard, problem }) => !isHeard && problem !== undefined);
    const [first] = never;
    if (first) return `${first.problem}${never.length > 1 ? ` And ${never.length - 1} more.` : ''}`;
    const warnings = [
      ...looks.flatMap(({ problem }) => (problem === undefined ? [] : [problem])),
      ...looks.flatMap(({ source, canaries }) =>
        canaries.flatMap(({ server, silentSince }) =>
          silentSince === undefined
            ? []
            : [
                `${source} is silent since ${new Date(silentSince).toISOString()}: what is written through the API server ${server} does not arrive.`,
              ],
        ),
      ),
      ...this.#unheard().map((server) => unheardWords(server)),
      ...this.known.notWritten.values(),
    ];
    return warnings.length === 0 ? undefined : { warning: warnings.join(' ') };
  }

  /** Says once that a source fell silent, and once that it is back. */
  tell(): void {
    for (const { cluster, source, canaries } of this.#look())
      for (const { server, silentSince } of canaries) {
        const since = silentSince === undefined ? undefined : new Date(silentSince).toISOString();
        const fields = { cluster, source, server, since };
        this.#sayOf(`${cluster} ${source} ${server}`, since !== undefined, SOURCE_SILENT, fields);
      }
    for (const server of this.#unheard())
      this.#sayOf(server, true, UNHEARD, { server, reason: unheardWords(server) });
  }

  #unheard(): readonly string[] {
    return this.#isShared ? [] : this.known.unheard(isLog);
  }

  #sayOf(what: string, isSilent: boolean, message: string, fields: Record<string, unknown>): void {
    if (isSilent === this.#said.has(what)) return;
    if (isSilent) {
      this.#said.add(what);
      this.#log.warn(message, fields);
    } else {
      this.#said.delete(what);
      this.#log.info(SOURCE_BACK, fields);
    }
  }

  #measure(looks: readonly SourceLook[]): void {
    for (const look of looks) {
      measureDeliveries(this.#metrics, look);
      const { cluster, source, problem, canaries } = look;
      this.#metrics.sourceRefused.set(problem === undefined ? 0 : 1, { cluster, source });
      for (const { server, roundTrip, silentSince } of canaries) {
        if (roundTrip !== undefined)
          this.#metrics.canaryRoundTripSeconds.set(roundTrip / 1_000, { cluster, source, server });
        this.#metrics.canarySilent.set(silentSince === undefined ? 0 : 1, { cluster, source, server });
      }
    }
  }
}

const unheardWords = (server: string): string =>
  `What is written through the API server ${server} to see whether it arrives comes in no log: its log is not read, or its audit policy lacks the rule for the Lease margay-canary.`;
