/**
 * Topics as Nest has them: a bus as a module, and handlers that controllers declare.
 *
 * ```ts
 * @Controller()
 * export class EvidenceController {
 *   constructor(@Inject(STORES) stores: Stores) { … }
 *
 *   @OnTopic(flows, { group: 'snapshotter' })
 *   async keepFlows(@Payload() flows: readonly ClusterFlow[]) {
 *     await this.#stores.flows.append(flows);
 *   }
 * }
 * ```
 *
 * {@link BusModule} provides `BUS` (Kafka or embedded) and gives its topics to the handlers. A handler
 * without a group, a second one of a topic and group, and one that stands in a provider keep the application from starting.
 */
export { BUS, BusModule } from './bus.module.ts';
export { OnLoss, OnTopic, type Loss } from './on-topic.ts';
export { TopicContext } from './topic-context.ts';
export { SET_ASIDE } from './topic-server.ts';
