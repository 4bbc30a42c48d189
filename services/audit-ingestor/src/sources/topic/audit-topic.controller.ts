import type { Delivery } from '@margay/messaging';
import { OnLoss, OnTopic, type Loss } from '@margay/messaging/nest';
import { topicLoss, topicTexts } from '@margay/sources';
import { Controller, Inject, type Type } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Ingestion } from '../../ingestion.ts';
import { lossOf } from '../../read-batch.ts';

/** Which topic holds raw audit events, and whose they are. */
export interface AuditTopic {
  readonly name: string;
  /** All instances that share the topic have one group. */
  readonly group: string;
  readonly cluster: string;
}

/**
 * The controller of a topic that a forwarder or a cloud's hub writes, whose name the settings give. What was read is committed when
 * it is durable, so it may come again. A source is called `topic:<topic>/<partition>`; positions in it are offsets.
 */
export function auditTopicController({ name, group, cluster }: AuditTopic): Type {
  @Controller()
  class AuditTopicController {
    readonly #ingestion: Ingestion;

    constructor(@Inject(Ingestion) ingestion: Ingestion) {
      this.#ingestion = ingestion;
    }

    @OnTopic(name, { group, stage: `topic ${name}` })
    async ingest(@Payload() deliveries: readonly Delivery[]): Promise<void> {
      const texts = (await topicTexts(deliveries)).map(({ source, position, ...text }) => ({
        ...text,
        origin: { source: `topic:${source}`, position },
      }));
      await this.#ingestion.ingest(cluster, texts);
    }

    @OnLoss([name], { group })
    async keepLoss(@Payload() loss: Loss): Promise<void> {
      const { source, ...place } = topicLoss(loss);
      await this.#ingestion.deliver(cluster, lossOf(`topic:${source}`, place));
    }
  }
  return AuditTopicController;
}
