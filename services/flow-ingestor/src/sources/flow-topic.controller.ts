import type { Delivery } from '@margay/messaging';
import { OnLoss, OnTopic, type Loss } from '@margay/messaging/nest';
import { topicLoss, topicTexts } from '@margay/sources';
import { Controller, Inject, type Type } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { INGEST_FLOWS } from '../flow-ingestion.ts';
import type { IngestFlows } from '../ingest-flows.ts';
import { lostFlows, readFlows } from '../read-flows.ts';

/** Which topic holds raw flow logs, and whose they are. */
export interface FlowTopic {
  readonly name: string;
  readonly group: string;
  readonly cluster: string;
}

/** The controller of a topic of raw flow logs, whose name the settings give; what was read is committed when it is durable. */
export function flowTopicController({ name, group, cluster }: FlowTopic): Type {
  @Controller()
  class FlowTopicController {
    readonly #ingest: IngestFlows;

    constructor(@Inject(INGEST_FLOWS) ingest: IngestFlows) {
      this.#ingest = ingest;
    }

    @OnTopic(name, { group, stage: `topic ${name}` })
    async ingest(@Payload() deliveries: readonly Delivery[]): Promise<void> {
      const texts = await topicTexts(deliveries);
      for (const [source, read] of Map.groupBy(texts, (text) => text.source))
        await this.#ingest(cluster, readFlows(`topic:${source}`, read));
    }

    @OnLoss([name], { group })
    async keepLoss(@Payload() loss: Loss): Promise<void> {
      const { source, ...place } = topicLoss(loss);
      await this.#ingest(cluster, lostFlows(`topic:${source}`, place));
    }
  }
  return FlowTopicController;
}
