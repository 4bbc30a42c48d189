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
import { endsOfTopics, Unprocessable, untilHandled, type Bus } from '@margay/messaging';
import { BUS, OnLoss, OnTopic, type Loss, type TopicContext } from '@margay/messaging/nest';
import type { Metrics } from '@margay/runtime';
import { METRICS } from '@margay/runtime/nest';
import { Refused, type Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Controller, Inject } from '@nestjs/common';
import { Ctx, Payload } from '@nestjs/microservices';
import { changeOfLoss, EVIDENCE_TOPICS, markOfLoss } from './losses.ts';

const EVIDENCE = { group: EVIDENCE_GROUP, stage: 'evidence' };

/**
 * Keeps everything that the ingestors publish: changes become versions in the history, policy events the audit
 * trail, flows and coverage marks their stores.
 *
 * Offsets are committed after the stores have the batch, and the stores take repeats for what they are.
 */
@Controller()
export class EvidenceController {
  readonly #bus: Bus;
  readonly #stores: Stores;
  readonly #metrics: Metrics;

  constructor(@Inject(BUS) bus: Bus, @Inject(STORES) stores: Stores, @Inject(METRICS) metrics: Metrics) {
    this.#bus = bus;
    this.#stores = stores;
    this.#metrics = metrics;
  }

  /**
   * Most of the time of a batch is spent waiting for the store, and a name's changes are all in one partition: bigger
   * batches and several side by side share the waits.
   */
  @OnTopic(resourceChanges, { ...EVIDENCE, batchMax: 2_000, partitionsAtOnce: 6 })
  async keepChanges(@Payload() changes: readonly ResourceChange[]): Promise<void> {
    const { applied } = await kept(this.#stores.history.append(changes));
    this.#metrics.keptChangesTotal.add(applied);
  }

  @OnTopic(policyEvents, EVIDENCE)
  async keepPolicyEvents(@Payload() events: readonly ClusterPolicyEvent[]): Promise<void> {
    await kept(this.#stores.trail.append(events));
  }

  @OnTopic(flows, EVIDENCE)
  async keepFlows(@Payload() seen: readonly ClusterFlow[]): Promise<void> {
    await kept(this.#stores.flows.append(seen));
  }

  /**
   * A mark is published behind what it says was delivered, on another topic. It is kept when all of that is, so that whoever
   * reads it finds the rest: nothing counts as delivered that is not in the stores.
   */
  @OnTopic(coverageMarks, EVIDENCE)
  async keepMarks(
    @Payload() marks: readonly ClusterCoverageMark[],
    @Ctx() { signal }: TopicContext,
  ): Promise<void> {
    const ofFlows = marks.some(({ source }) => isOfFlows(source));
    const ofChanges = marks.some(({ source }) => !isOfFlows(source));
    const before = [...(ofChanges ? CHANGE_TOPICS : []), ...(ofFlows ? FLOW_TOPICS : [])];
    await untilHandled(this.#bus, EVIDENCE_GROUP, await endsOfTopics(this.#bus, before), { signal });
    await kept(this.#stores.coverage.append(marks));
  }

  /** What is set aside, or is gone before it was read, leaves open what it said. */
  @OnLoss(EVIDENCE_TOPICS, { group: EVIDENCE_GROUP })
  async keepLoss(@Payload() loss: Loss): Promise<void> {
    const change = changeOfLoss(loss);
    if (change === undefined) return this.#stores.coverage.append([markOfLoss(loss)]);
    try {
      await this.#stores.history.append([change]);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      // The object is so large that the store does not even take what is to be known of it beside.
      await this.#stores.coverage.append([markOfLoss(loss)]);
    }
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
