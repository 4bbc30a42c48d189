import { reportWindows, type ReportWindow } from '@margay/contracts';
import { OnTopic } from '@margay/messaging/nest';
import { Controller, Inject, type Type } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ClusterWatch } from './cluster-watch.ts';

/** The consumer group of those who watch a cluster: each must get every window of its cluster. */
const groupOf = (cluster: string) => `audit-ingestor.watch.${cluster}`;

/**
 * The controller that has the watches of a cluster prove that they told everything up to the end of a window whose report was
 * asked for. By themselves they do so once a minute.
 */
export function proofController(cluster: string): Type {
  @Controller()
  class ProofController {
    readonly #watch: ClusterWatch;

    constructor(@Inject(ClusterWatch) watch: ClusterWatch) {
      this.#watch = watch;
    }

    @OnTopic(reportWindows, { group: groupOf(cluster), stage: 'proof' })
    async prove(@Payload() windows: readonly ReportWindow[]): Promise<void> {
      for (const window of windows) if (window.cluster === cluster) this.#watch.prove(window.end);
    }
  }
  return ProofController;
}
