import { BaseRpcContext } from '@nestjs/microservices';
import type { Delivery } from '../bus/bus.ts';

/** What a handler of a topic may know beside its messages; `@Ctx()` gives it. */
export class TopicContext extends BaseRpcContext<[deliveries: readonly Delivery[], signal: AbortSignal]> {
  /** The messages as they came, in the order of the payload. */
  get deliveries(): readonly Delivery[] {
    return this.args[0];
  }

  /** Aborted when the application is asked to stop: a handler that waits long should give up then. */
  get signal(): AbortSignal {
    return this.args[1];
  }
}
