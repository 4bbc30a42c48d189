import { applyDecorators, SetMetadata } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import type { Topic } from '@margay/contracts';
import type { ConsumeOptions, Delivery, Hole } from '../bus/bus.ts';
import type { OfUnknown } from '../consume.ts';
import type { Unprocessable } from '../unprocessable.ts';
import type { TopicContext } from './topic-context.ts';

/** The metadata by which a method is known to be a handler, wherever it stands: the topic's name. */
export const ON_TOPIC = 'margay:topic';

/** How a handler takes its topic. */
export interface TopicOptions extends Omit<ConsumeOptions, 'signal' | 'onHole'> {
  /** The consumer group, whose place in the topic is remembered; no blanks alone. */
  readonly group: string;
  /**
   * What its readiness check and the log call it: the topic's name unless given. Handlers of one stage belong together: when one
   * fails all are started again.
   */
  readonly stage?: string;
}

/** What the decorator leaves for the server of topics. */
export interface TopicExtras extends Partial<TopicOptions> {
  /** The topic's contract; without one a handler gets the deliveries as they are. */
  readonly contract?: Topic<unknown>;
  /** Set where the method takes what the topic's handler never gets. */
  readonly ofLosses?: true;
}

/**
 * Something of a topic that the handler of a group never gets: a message that is set aside, messages of clusters that are not known here,
 * which were set aside, or messages that are not there any more.
 */
export type Loss =
  | { readonly kind: 'set-aside'; readonly delivery: Delivery; readonly error: Unprocessable }
  | { readonly kind: 'of-unknown'; readonly some: readonly OfUnknown[] }
  | { readonly kind: 'hole'; readonly hole: Hole };

/** Stands before a method that takes batches of such messages. */
type TopicDecorator<M> = <F extends (messages: readonly M[], context: TopicContext) => Promise<void>>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<F>,
) => void;

/**
 * Makes a method of a controller the handler of a topic. Its payload is a whole batch, at least once each message and in order
 * within a key; the batch is committed when the method has fulfilled, so what it does must be durable then and harmless when it
 * is done twice. A message for which it throws `Unprocessable` is set aside; any other error brings the batch again.
 *
 * ```ts
 * @OnTopic(flows, { group: 'snapshotter' })
 * async keepFlows(@Payload() flows: readonly ClusterFlow[], @Ctx() { signal }: TopicContext) { … }
 * ```
 *
 * @param topic its contract, for a payload of decoded messages; a name, for one of deliveries as they were written.
 */
export function OnTopic<T>(topic: Topic<T>, options: TopicOptions): TopicDecorator<T>;
export function OnTopic(topic: string, options: TopicOptions): TopicDecorator<Delivery>;
export function OnTopic<T>(topic: Topic<T> | string, options: TopicOptions): TopicDecorator<never> {
  const extras: TopicExtras =
    typeof topic === 'string' ? options : { ...options, contract: topic as Topic<unknown> };
  const name = typeof topic === 'string' ? topic : topic.name;
  return applyDecorators(EventPattern<string>(name, extras), SetMetadata(ON_TOPIC, name));
}

/**
 * Makes a method of a controller the one that is told what the handler of a group never gets, on any of the topics: so that what is lost
 * is known to be. A message is set aside, and the next ones are handled, when the method has fulfilled; what it does must be durable
 * then, and harmless when it is done twice. What it throws brings the message again.
 */
export function OnLoss(
  topics: readonly string[],
  { group }: Pick<TopicOptions, 'group'>,
): <F extends (loss: Loss) => Promise<void>>(
  target: object,
  method: string | symbol,
  descriptor: TypedPropertyDescriptor<F>,
) => void {
  const extras: TopicExtras = { group, ofLosses: true };
  return applyDecorators(
    // It takes several, and its types do not say so.
    EventPattern<string>([...topics] as unknown as string, extras),
    SetMetadata(ON_TOPIC, topics.join(', ')),
  );
}
