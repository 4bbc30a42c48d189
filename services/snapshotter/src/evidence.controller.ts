import {
  coverageMarks,
  flows,
  policyEvents,
  resourceChanges,
  type ClusterCoverageMark,
  type ClusterFlow,
  type ClusterPolicyEvent,
  type ResourceChange,
} from '@margay/contracts';
import { OnLoss, OnTopic, type Loss } from '@margay/messaging/nest';
import type { Metrics } from '@margay/runtime';
import { METRICS } from '@margay/runtime/nest';
import type { Stores } from '@margay/storage';
import { STORES } from '@margay/storage/nest';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { GROUP } from './evidence.ts';
import { EVIDENCE_TOPICS, leftOpenBy } from './losses.ts';

const EVIDENCE = { group: GROUP, stage: 'evidence' };

/**
 * Keeps everything that the ingestors publish: changes become versions in the history, policy events the audit
 * trail, flows and coverage marks their stores.
 *
 * Offsets are committed after the stores have the batch, and the stores take repeats for what they are.
 */
@Controller()
export class EvidenceController {
  readonly #stores: Stores;
  readonly #metrics: Metrics;

  constructor(@Inject(STORES) stores: Stores, @Inject(METRICS) metrics: Metrics) {
    this.#stores = stores;
    this.#metrics = metrics;
  }

  /**
   * Most of the time of a batch is spent waiting for the store, and a name's changes are all in one partition: bigger
   * batches and several side by side share the waits.
   */
  @OnTopic(resourceChanges, { ...EVIDENCE, batchMax: 2_000, partitionsAtOnce: 6 })
  async keepChanges(@Payload() changes: readonly ResourceChange[]): Promise<void> {
    const { applied } = await this.#stores.history.append(changes);
    this.#metrics.keptChangesTotal.add(applied);
  }

  @OnTopic(policyEvents, EVIDENCE)
  async keepPolicyEvents(@Payload() events: readonly ClusterPolicyEvent[]): Promise<void> {
    await this.#stores.trail.append(events);
  }

  @OnTopic(flows, EVIDENCE)
  async keepFlows(@Payload() seen: readonly ClusterFlow[]): Promise<void> {
    await this.#stores.flows.append(seen);
  }

  @OnTopic(coverageMarks, EVIDENCE)
  async keepMarks(@Payload() marks: readonly ClusterCoverageMark[]): Promise<void> {
    await this.#stores.coverage.append(marks);
  }

  /** What is set aside, or is gone before it was read, leaves open what it said. */
  @OnLoss(EVIDENCE_TOPICS, { group: GROUP })
  async keepLoss(@Payload() loss: Loss): Promise<void> {
    const { change, mark } = leftOpenBy(loss);
    if (change !== undefined) await this.#stores.history.append([change]);
    else await this.#stores.coverage.append([mark]);
  }
}
