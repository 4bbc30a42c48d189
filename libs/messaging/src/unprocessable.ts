/**
 * The input can never be processed, however often it is tried: it belongs in the dead-letter topic.
 * Every other error is taken as transient, and tried again.
 */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';
  /** Short and stable, in kebab-case, for metrics and dead letters: `undecodable`, `unknown-report-type`. */
  readonly code: string;

  /** @param message kept in the dead letter and told in logs: nothing of the input may be in it. */
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
/** Of messages that were given together some can never be processed: these go to the dead-letter topic at once, and the others are given again. */
export class SomeUnprocessable extends Error {
  override readonly name = 'SomeUnprocessable';
  /** By their places among those that were given; at least one. */
  readonly errors: ReadonlyMap<number, Unprocessable>;

  constructor(errors: ReadonlyMap<number, Unprocessable>) {
    const [first] = errors.values();
    if (first === undefined) throw new RangeError('None of the messages is unprocessable.');
    super(`${errors.size} of the messages cannot be processed: ${first.message}`);
    this.errors = errors;
  }
}

const CLUSTER_NAME = /^[a-z0-9][-a-z0-9.]{0,252}$/i;

/** A message of a cluster of which nothing is kept here: it must not come into what is kept of another. */
export class UnknownCluster extends Unprocessable {
  readonly cluster: string;
  /** The message, which could be read. */
  readonly said: unknown;

  constructor(cluster: string, known: readonly string[], said: unknown) {
    const named = CLUSTER_NAME.test(cluster) ? `the cluster ${cluster}` : 'another cluster';
    super(
      'unknown-cluster',
      `It is of ${named}, and those that are known here are ${known.join(', ')}: if it belongs to them, add it to CLUSTERS of every service, and publish the message again with margay dlq replay`,
    );
    this.cluster = cluster;
    this.said = said;
  }
}
