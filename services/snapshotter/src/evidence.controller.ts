import {
  CHANGE_TOPICS,
  coverageMarks,
  EVIDENCE_GROUP,
  FLOW_TOPICS,
  flows,
  policyEvents,
  resourceChanges,
  type ClusterCoverageMark,
  type ClusterFlow,
  type ClusterPolicyEvent,
  type ResourceChange,
} from '@margay/contracts';
import { isOfFlows } from '@margay/coverage';
import type { Instant } from '@margay/ground';
import {
  deletedBehind,
  endsOfTopics,
  Unprocessable,
  untilHandled,
  type Bus,
  type Delivery,
} from '@margay/messaging';
import { BUS, OnLoss, OnTopic, type Loss, type TopicContext } from '@margay/messaging/nest';
import type { Metrics } from '@margay/runtime';
import { METRICS, Readiness } from '@margay/runtime/nest';
import type { Change } from '@margay/history';
import { Refused, type Cell, type Stores } from '@margay/storage';
import { CELL } from '@margay/storage/nest';
import { Controller, Inject, type OnModuleInit } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { byName, rememberLoss, rememberUnknown, settleAsides } from './asides.ts';
import { byCluster } from './by-cluster.ts';
import { Copies } from './copies.ts';
import { endsByList } from './ends-by-list.ts';
import { Identities, OtherCluster } from './identities.ts';
import { Lately } from './lately.ts';
import { LateEnds } from './late-ends.ts';
import { changeOfLoss, clusterOfLoss, EVIDENCE_TOPICS, markOfLoss, type KnownLoss } from './losses.ts';
import { toldBy } from './told-by.ts';
import { doubleWords, questionableWords, unknownWords } from './whose-words.ts';

const EVIDENCE = { group: EVIDENCE_GROUP, stage: 'evidence' };
/** So many are named, at the most. */
const UNKNOWN_MAX = 20;

/**
 * Keeps everything that the ingestors publish: changes become versions in the history, policy events the audit
 * trail, flows and coverage marks their stores, each of its cluster.
 *
 * Offsets are committed after the stores have the batch, and the stores take repeats for what they are.
 */
@Controller()
export class EvidenceController implements OnModuleInit {
  readonly #bus: Bus;
  readonly #cell: Cell;
  readonly #metrics: Metrics;
  readonly #identities: Identities;
  /** Clusters that are not known here. */
  readonly #unknown = new Lately<string>(UNKNOWN_MAX, () => Date.now());
  readonly #copies = new Copies();
  readonly #lateEnds: LateEnds;
  readonly #readiness: Readiness;

  constructor(
    @Inject(BUS) bus: Bus,
    @Inject(CELL) cell: Cell,
    @Inject(METRICS) metrics: Metrics,
    @Inject(Readiness) readiness: Readiness,
  ) {
    this.#readiness = readiness;
    this.#bus = bus;
    this.#cell = cell;
    this.#identities = new Identities(cell);
    this.#lateEnds = new LateEnds((cluster, { teller, toldAt }) =>
      this.#identities.isOurs(cluster, teller, toldAt),
    );
    this.#metrics = metrics;
  }

  onModuleInit(): void {
    this.#metrics.onScrape(async () => {
      for (const cluster of this.#cell.clusters) {
        const isTwo = await this.#copies.isTwo(cluster, this.#cell.of(cluster));
        this.#metrics.twoClusters.set(isTwo ? 1 : 0, { cluster });
      }
    });
    this.#metrics.onScrape(async () => {
      for (const cluster of this.#cell.clusters) {
        const { unknown, other } = await this.#identities.questionable(cluster);
        this.#metrics.sourcesQuestionable.set(unknown.length, { cluster, whose: 'unknown' });
        this.#metrics.sourcesQuestionable.set(other.length, { cluster, whose: 'other' });
      }
    });
    this.#readiness.add('whose evidence', async () => {
      const found = await Promise.all(
        this.#cell.clusters.map(async (cluster) =>
          questionableWords(cluster, await this.#identities.questionable(cluster)),
        ),
      );
      const words = found.filter((each) => each !== undefined);
      return words.length === 0 ? undefined : { warning: words.join(' ') };
    });
    this.#readiness.add('unknown clusters', () => {
      const warning = unknownWords(this.#unknown.values(), this.#cell.clusters);
      return warning === undefined ? undefined : { warning };
    });
    if (this.#cell.clusters.length < 2) return;
    this.#readiness.add('clusters', () => {
      const words = this.#identities.doubles.map(doubleWords);
      return words.length === 0 ? undefined : { warning: words.join(' ') };
    });
  }

  /**
   * Most of the time of a batch is spent waiting for the store, and a name's changes are all in one partition: bigger
   * batches and several side by side share the waits.
   */
  @OnTopic(resourceChanges, { ...EVIDENCE, batchMax: 2_000, partitionsAtOnce: 6 })
  async keepChanges(
    @Payload() changes: readonly ResourceChange[],
    @Ctx() { deliveries }: TopicContext,
  ): Promise<void> {
    await this.#identities.check(changes, deliveries);
    const published = new Map<object, Instant>(
      changes.map((change, i) => [change, deliveries[i]!.publishedAt * 1_000]),
    );
    for (const [stores, some, cluster] of byCluster(this.#cell, changes)) {
      const { applied } = await kept(stores.history.append(some, (change) => published.get(change)));
      this.#metrics.keptChangesTotal.add(applied, { cluster });
      await this.#append(cluster, stores, await this.#lateEnds.of(cluster, stores, some));
      await this.#copies.look(cluster, stores, some);
    }
    await this.#settle(changes, deliveries);
  }

  @OnTopic(policyEvents, EVIDENCE)
  async keepPolicyEvents(
    @Payload() events: readonly ClusterPolicyEvent[],
    @Ctx() { deliveries }: TopicContext,
  ): Promise<void> {
    await this.#identities.check(events, deliveries);
    for (const [{ trail }, some] of byCluster(this.#cell, events)) await kept(trail.append(some));
    await this.#settle(events, deliveries);
  }

  @OnTopic(flows, EVIDENCE)
  async keepFlows(
    @Payload() seen: readonly ClusterFlow[],
    @Ctx() { deliveries }: TopicContext,
  ): Promise<void> {
    await this.#identities.check(
      seen.map(({ cluster }) => ({ cluster })),
      deliveries,
    );
    for (const [stores, some] of byCluster(this.#cell, seen)) await kept(stores.flows.append(some));
    await this.#settle(seen, deliveries);
  }

  /**
   * A mark is published behind what it says was delivered, on another topic. It is kept when all of that is, so that whoever
   * reads it finds the rest: nothing counts as delivered that is not in the stores. Where its topic was deleted meanwhile, what stood
   * behind the mark may be gone, and is in doubt.
   */
  @OnTopic(coverageMarks, EVIDENCE)
  async keepMarks(
    @Payload() marks: readonly ClusterCoverageMark[],
    @Ctx() { signal, deliveries }: TopicContext,
  ): Promise<void> {
    const ofFlows = marks.some(({ source }) => isOfFlows(source));
    const ofChanges = marks.some(({ source }) => !isOfFlows(source));
    const before = [...(ofChanges ? CHANGE_TOPICS : []), ...(ofFlows ? FLOW_TOPICS : [])];
    await untilHandled(this.#bus, EVIDENCE_GROUP, await endsOfTopics(this.#bus, before), { signal });
    // What was told before it may have been the first that says which cluster that is.
    await this.#identities.check(marks, deliveries);
    for (const hole of await deletedBehind(this.#bus, deliveries, before))
      await this.keepLoss({ kind: 'hole', hole });
    for (const [i, mark] of marks.entries()) await this.#keepEnds(mark, deliveries[i], signal);
    for (const [{ coverage }, some] of byCluster(this.#cell, marks)) await kept(coverage.append(some));
    await this.#settle(marks, deliveries);
  }

  #settle(messages: readonly { readonly cluster: string }[], deliveries: readonly Delivery[]) {
    return settleAsides(
      this.#cell,
      deliveries.map((delivery, i) => [messages[i]!.cluster, delivery]),
    );
  }

  /** What a list tells to be gone. It stands in the history before its mark says that all is told up to there. */
  async #keepEnds(
    mark: ClusterCoverageMark,
    delivery: Delivery | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { cluster, listed } = mark;
    if (listed === undefined) return;
    const stores = this.#cell.of(cluster);
    const isOfCluster = () => this.#identities.isOfCluster(mark, delivery);
    const { teller, at: toldAt } = toldBy(mark, delivery);
    const isSure = listed.isWhole && (await isOfCluster());
    // Before it is compared: what is told meanwhile finds it, or is found.
    await kept(stores.lists.append(listed, { isSure, teller, toldAt }));
    await this.#append(cluster, stores, await endsByList(stores, mark, { isOfCluster, signal }));
  }

  async #append(cluster: string, { history }: Stores, ends: readonly Change[]): Promise<void> {
    if (ends.length === 0) return;
    const { applied } = await kept(history.append(ends));
    this.#metrics.keptChangesTotal.add(applied, { cluster });
  }

  /**
   * What is set aside, or is gone before it was read, leaves open what it said: of its cluster, or of all where nobody knows of which. Of a
   * cluster that is not known here it is remembered, for whoever knows it. What is of another cluster of the same name leaves nothing open.
   */
  @OnLoss(EVIDENCE_TOPICS, { group: EVIDENCE_GROUP })
  async keepLoss(@Payload() loss: Loss): Promise<void> {
    const cell = this.#cell;
    if (loss.kind === 'of-unknown') {
      for (const [cluster, some] of byName(loss.some)) {
        await rememberUnknown(cell, cluster, some);
        this.#unknown.note(cluster, cluster);
      }
      return;
    }
    const named = clusterOfLoss(loss);
    const its = cell.clusters.filter((cluster) => named === undefined || named === cluster);
    const isOfOther = loss.kind === 'set-aside' && loss.error instanceof OtherCluster;
    if (!isOfOther) {
      if (named === undefined || its.length === 0) await rememberLoss(cell, loss);
      for (const cluster of its) await keepLossOf(cell.of(cluster), loss);
    }
    if (loss.kind === 'set-aside' && named !== undefined)
      await settleAsides(
        cell,
        its.map((cluster) => [cluster, loss.delivery]),
      );
  }
}

/** What a loss leaves open of one cluster. */
async function keepLossOf({ history, coverage }: Stores, loss: KnownLoss): Promise<void> {
  const change = changeOfLoss(loss);
  if (change === undefined) return coverage.append([markOfLoss(loss)]);
  try {
    await history.append([change]);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // The object is so large that the store does not even take what is to be known of it beside.
    await coverage.append([markOfLoss(loss)]);
  }
}

/** What a store refuses is set aside, with what the store said. */
async function kept<T>(appended: Promise<T>): Promise<T> {
  try {
    return await appended;
  } catch (error) {
    throw error instanceof Refused ? new Unprocessable('refused', error.message) : error;
  }
}
