import { Away } from './away.ts';
import { shownAddress, shownText } from './shown.ts';

/** What Margay works with and is none of its own processes. Databases and the webhook are parts as well. */
export type Part = 'Kafka' | 'Elasticsearch' | 'Schema registry' | 'Kubernetes API' | 'Database' | 'Webhook';

/** What a part did not do. */
export interface Failure {
  readonly part: Part;
  /** Its addresses; they are shown without paths and credentials. */
  readonly at?: readonly string[];
  /** As in “Kafka: publishing on margay.flows failed”. */
  readonly doing: string;
  /** What its client or answer said of it. Nothing of what was sent may be in it. */
  readonly said: string;
  /** What to do about it. */
  readonly advice?: string;
  /** It passes by itself: then the part is away, and nothing is wrong with the request. */
  readonly passes?: boolean;
  readonly cause?: unknown;
}

/** The error that says which part failed, where, at what and what to do. Made where the part was called: nobody else knows. */
export function failureOf({ part, at = [], doing, said, advice, passes = false, cause }: Failure): Error {
  const where = at.length === 0 ? '' : ` at ${at.map(shownAddress).join(', ')}`;
  const sentences = [`${part}${where}: ${doing} failed (${shownText(said)}).`, ...(advice ? [advice] : [])];
  const Kind = passes ? Away : Error;
  const options = cause === undefined ? {} : { cause };
  return Object.assign(new Kind(sentences.join(' '), options), { part });
}

/**
 * The part that failed, where an error, or what caused it, says so: what whoever catches it has to do with is another. Undefined where no
 * part did.
 */
export function partOf(error: unknown): Part | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { part } = each as { part?: unknown };
    if (typeof part === 'string') return part as Part;
  }
  return undefined;
}
