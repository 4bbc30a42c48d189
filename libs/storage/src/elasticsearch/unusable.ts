import { Away } from '@margay/runtime';

/** The HTTP status of an error that Elasticsearch answered; undefined for every other error. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** What to do about an answer, and whether it passes by itself: then Elasticsearch is away, and nothing is wrong with the request. */
type Advice = readonly [answer: RegExp, words: string, passes?: 'passes'];

/** By status or the error's name; the first that fits counts. */
const ADVICE: readonly Advice[] = [
  [/\b401\b/, 'Elasticsearch does not know the user or the API key: check the credentials.'],
  [
    /\b403\b.*cluster_block_exception|disk usage exceeded|read-only-allow-delete|flood.stage/i,
    'The index is read-only, most likely because the disk is nearly full: free space, and the block goes away by itself. ' +
      'Nothing is lost: it will be tried again.',
    'passes',
  ],
  [
    /cluster_block_exception/,
    'The index is blocked for writing: lift the block. Nothing is lost: it will be tried again.',
    'passes',
  ],
  [
    /\b403\b/,
    'The user lacks rights: grant it create, index, read and create_index on the indices of Margay.',
  ],
  [
    /strict_dynamic_mapping_exception|mapper_parsing|document_parsing|illegal_argument.*mapp/,
    'An index does not have the mapping of this version: another version made it, or a template of someone else matches it.',
  ],
  [/\b413\b/, 'The request is too big for http.max_content_length: raise it.'],
  [
    /\b429\b|\b50[234]\b/,
    'Elasticsearch is overloaded or starting. Nothing is lost: it will be tried again.',
    'passes',
  ],
  [
    /ConnectionError|TimeoutError|NoLivingConnections/,
    'No node answers: check the address, the network and TLS. Nothing is lost: it will be tried again.',
    'passes',
  ],
  [/ProductNotSupportedError/, 'The server is no Elasticsearch: check the address.'],
];

/**
 * Whether an answer is about one document, which will never be taken: the index takes others. Of a wrong mapping, and of an index that
 * cannot be made, every document is refused.
 */
export const isAboutDocument = (type: string, reason: string): boolean =>
  type !== 'strict_dynamic_mapping_exception' && OF_DOCUMENT.test(`${type} ${reason}`);

const OF_DOCUMENT =
  /immense term|bytes_length_exceeded|out of range|failed to parse field|is too long|Input longer than the|String value length/i;

/**
 * Whether a request as a whole is larger than Elasticsearch will ever take: its HTTP layer, or the share of its memory that one write may
 * have, which it answers with the status of an overload.
 */
export function isTooLarge(error: unknown): boolean {
  if (statusOf(error) === 413) return true;
  const text = error instanceof Error ? error.message : '';
  const [, asked, most] =
    /coordinating_operation_bytes=(\d+), max_coordinating(?:_and_primary)?_bytes=(\d+)/.exec(text) ?? [];
  return asked !== undefined && Number(asked) > Number(most);
}

/** Whether an answer is larger than the client can read, or than Elasticsearch has memory for. */
export const isAnswerTooLarge = (error: unknown): boolean =>
  error instanceof Error &&
  (/circuit_breaking_exception|bigger than the maximum allowed|Cannot create a string longer/.test(
    error.message,
  ) ||
    isAnswerTooLarge(error.cause));

/** The client's error in words that help: `Away` where it passes. */
export function explainedElastic(error: unknown, doing: string, nodes: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const text = `${error.name} ${statusOf(error) ?? ''} ${error.message}`;
  const advice = ADVICE.find(([pattern]) => pattern.test(text));
  if (advice === undefined) return error;
  const [, words, passes] = advice;
  const where = nodes.length === 0 ? '' : ` at ${nodes.join(', ')}`;
  const Explained = passes ? Away : Error;
  return Object.assign(
    new Explained(`Elasticsearch${where}: ${doing} failed (${error.message}). ${words}`, { cause: error }),
    statusOf(error) !== undefined && { statusCode: statusOf(error) },
  );
}
