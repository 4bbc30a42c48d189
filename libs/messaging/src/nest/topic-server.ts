import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import { together, type Log, type Metrics } from '@margay/runtime';
import type { Stages } from '@margay/runtime/nest';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Bus, Delivery } from '../bus/bus.ts';
import { consume, consumeAsWritten, type HandleOptions } from '../consume.ts';
import type { Unprocessable } from '../unprocessable.ts';
import type { Loss, TopicExtras, TopicOptions } from './on-topic.ts';
import type { StrayHandler } from './stray-handlers.ts';
import { TopicContext } from './topic-context.ts';

/** What the log says of a dead letter. */
export const SET_ASIDE = 'A message was set aside on the dead-letter topic';

/** What the log says of messages that are not there any more. */
const HOLE = 'Messages of a topic are gone that were never handled: what they said is lost';

/** A handler that a controller declares. */
interface Declared extends TopicExtras {
  readonly topic: string;
  readonly isEvent: boolean;
  readonly call: MessageHandler;
}

/** One that can be served, with whom to tell of what it never gets. */
type Served = Declared & Pick<TopicOptions, 'group'> & { readonly losses: MessageHandler | undefined };

/**
 * Nest's way in for topics: gives the batches of a bus to the handlers that controllers declare with `@OnTopic`.
 *
 * ```
 *  bus ─► batch ─► decode ─► pipes, handler ─► fulfilled ─► commit
 *                    │            ├─ Unprocessable ─► one by one ─► dead letter
 *                    │            └─ any other error ─► the stage starts again, the batch comes again
 *                    └─ undecodable ─► dead letter
 * ```
 *
 * Handlers of one stage are kept together as a stage of the application, which starts them again and ends them. A batch is asked
 * for when the one before is committed, so a slow handler slows the consumption and nothing piles up.
 */
export class TopicServer extends Server implements CustomTransportStrategy {
  /** Errors of handlers are dealt with here; Nest need not log them. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #bus: Bus;
  readonly #stages: Stages;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #declared: Declared[] = [];
  readonly #strays: () => readonly StrayHandler[];
  readonly #clusters: readonly string[] | undefined;

  /**
   * @param strays handlers that stand where Nest does not look for them.
   * @param clusters whose messages are handled; all unless given.
   */
  constructor(
    bus: Bus,
    stages: Stages,
    log: Log,
    metrics: Metrics,
    strays: () => readonly StrayHandler[],
    clusters?: readonly string[],
  ) {
    super();
    this.#bus = bus;
    this.#stages = stages;
    this.#log = log;
    this.#metrics = metrics;
    this.#strays = strays;
    this.#clusters = clusters;
  }

  /** Keeps each handler by itself: Nest would chain those of one topic, of which each group has a place of its own. */
  override addHandler(
    pattern: string,
    call: MessageHandler,
    isEvent = false,
    extras: Record<string, unknown> = {},
  ): void {
    this.#declared.push({ ...(extras as TopicExtras), topic: pattern, isEvent, call });
  }

  /** Begins to consume. It fails, by the callback, where a handler cannot be served, with all reasons. */
  override listen(callback: (problem?: Error) => void): void {
    const [ofLosses, handlers] = [
      this.#declared.filter((each) => each.ofLosses === true),
      this.#declared.filter((each) => each.ofLosses !== true),
    ];
    const losses = new Map(ofLosses.map((each) => [placeOf(each), each.call]));
    const problems = [
      ...problemsOf(handlers),
      ...lossProblems(ofLosses, handlers),
      ...this.#strays().map(strayProblem),
    ];
    if (problems.length > 0)
      return callback(
        new Error(`These topics cannot be consumed:\n${problems.map((each) => `  ${each}`).join('\n')}`),
      );
    const served = handlers.map((each) => ({ ...each, losses: losses.get(placeOf(each)) })) as Served[];
    for (const [stage, some] of Map.groupBy(served, ({ stage: given, topic }) => given ?? topic))
      this.#stages.keep(stage, (asked) =>
        together(asked, (signal) => some.map((handler) => this.#consume(handler, signal))),
      );
    this.#metrics.onScrape(async () => {
      for (const { topic, group } of served)
        this.#metrics.lagMessages.set(await this.#bus.lag(topic, group), { topic, group });
    });
    callback();
  }

  /** The stages have ended before: a batch at hand was finished and committed. */
  override close(): void {}

  override on(event: string): never {
    throw new Error(
      `The server of topics tells nothing of ${event}: its stages are told by the log and /readyz`,
    );
  }

  override unwrap<T = Bus>(): T {
    return this.#bus as T;
  }

  #consume({ topic, contract, group, call, losses, ...sizes }: Served, signal: AbortSignal) {
    const { batchMax, partitionsAtOnce } = sizes;
    const tell = async (loss: Loss) => {
      if (losses !== undefined) await settled(losses(loss, new TopicContext([[], signal])));
    };
    const options: HandleOptions = {
      signal,
      clusters: this.#clusters,
      ...(batchMax !== undefined && { batchMax }),
      ...(partitionsAtOnce !== undefined && { partitionsAtOnce }),
      onSetAside: (delivery, error) => tell({ kind: 'set-aside', delivery, error }),
      onUnknown: (some) => tell({ kind: 'of-unknown', some }),
      onDeadLetter: (delivery, error) => this.#tell(delivery, error),
      onHole: async (hole) => {
        this.#log.error(HOLE, { ...hole });
        await tell({ kind: 'hole', hole });
      },
    };
    const handle = async (payload: readonly unknown[], deliveries: readonly Delivery[]) => {
      await settled(call(payload, new TopicContext([deliveries, signal])));
    };
    return contract === undefined
      ? consumeAsWritten(this.#bus, topic, group, (deliveries) => handle(deliveries, deliveries), options)
      : consume(this.#bus, contract, group, handle, options);
  }

  #tell({ topic, partition, offset }: Delivery, { code, message }: Unprocessable): void {
    this.#metrics.deadLettersTotal.add(1, { topic, reason: code });
    this.#log.error(SET_ASIDE, { topic, partition, offset, code, reason: message });
  }
}

/** Waits for a handler. What it throws comes as a stream that fails. */
async function settled(called: Promise<unknown>): Promise<void> {
  const result: unknown = await called;
  if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
}

const placeOf = ({ topic, group }: Declared): string => JSON.stringify([topic, group]);

const lossProblems = (ofLosses: readonly Declared[], handlers: readonly Declared[]): string[] => {
  const handled = new Set(handlers.map(placeOf));
  return ofLosses
    .filter((each) => !handled.has(placeOf(each)))
    .map(
      ({ topic, group }) =>
        `${topic}: nothing of it can be lost to the group ${group}, which has no handler: use @OnTopic`,
    );
};

const strayProblem = ({ topic, where }: StrayHandler): string =>
  `${topic}: its handler ${where} is in a provider, where it would never be called: put @Controller() on its class and list it in its module's controllers`;

/** Why handlers cannot be served, one sentence each, with what to do. */
function problemsOf(declared: readonly Declared[]): string[] {
  const seen = new Set<string>();
  return declared.flatMap((each) => {
    const { topic, group, isEvent, ...sizes } = each;
    if (!isEvent)
      return [
        `${topic}: its handler answers requests (@MessagePattern), and topics have no answers: use @OnTopic`,
      ];
    if (group === undefined || group.trim() === '')
      return [
        `${topic}: its handler has no group, under whose name its place in the topic is remembered: write @OnTopic(${topic}, { group: 'name-of-the-service' })`,
      ];
    for (const name of ['batchMax', 'partitionsAtOnce'] as const) {
      const size = sizes[name];
      if (size !== undefined && (!Number.isSafeInteger(size) || size < 1))
        return [
          `${topic}: its handler has a ${name} of ${size}: give a whole number from 1 on, or leave it out`,
        ];
    }
    const place = placeOf(each);
    if (seen.has(place))
      return [
        `${topic}: two handlers have the group ${group}, so that each would get some of the messages only: give one of them another group, or do both in one handler`,
      ];
    seen.add(place);
    return [];
  });
}
