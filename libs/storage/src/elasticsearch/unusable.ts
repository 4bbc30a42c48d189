import { failureOf, partOf } from '@margay/runtime';

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
    /\bno master\b|master_not_discovered/,
    'The cluster has no master, as when the disk of its node is full: look at its nodes and their disks. Nothing is lost: it will be tried again.',
    'passes',
  ],
  [
    /index_closed_exception/,
    'An index is closed, so that what is in it cannot be read: open it, or delete it where it is not to be kept any longer.',
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

/** What is too large for Elasticsearch, or for its client: what was asked, or what would be answered. */
type TooLarge = 'request' | 'answer';

/** Whether a request as a whole is larger than Elasticsearch will ever take. */
export const isTooLarge = (error: unknown): boolean => tooLargeOf(error) === 'request';

/** Whether an answer is larger than the client reads, or than Elasticsearch has memory for. */
export const isAnswerTooLarge = (error: unknown): boolean => tooLargeOf(error) === 'answer';

const tooLargeOf = (error: unknown): TooLarge | undefined =>
  (error as { tooLarge?: TooLarge } | undefined)?.tooLarge;

/** Of the client's error: its HTTP layer refused it, or the share of memory that one write may have, which reads as an overload. */
function tooLargeIn(error: Error): TooLarge | undefined {
  if (statusOf(error) === 413) return 'request';
  const [, asked, most] =
    /coordinating_operation_bytes=(\d+), max_coordinating(?:_and_primary)?_bytes=(\d+)/.exec(error.message) ??
    [];
  if (asked !== undefined && Number(asked) > Number(most)) return 'request';
  return /circuit_breaking_exception|bigger than the maximum allowed|Cannot create a string longer/.test(
    error.message,
  )
    ? 'answer'
    : undefined;
}

/** The client's error in words that help: `Away` where it passes. What another part did comes as it is. */
export function explainedElastic(error: unknown, doing: string, nodes: readonly string[]): unknown {
  if (!(error instanceof Error) || partOf(error) !== undefined) return error;
  const status = statusOf(error);
  const isOfClient = status !== undefined || CLIENT_ERRORS.test(error.name);
  if (!isOfClient) return error;
  const text = `${error.name} ${status ?? ''} ${error.message}`;
  const [, words, passes] = ADVICE.find(([pattern]) => pattern.test(text)) ?? [];
  const failure = failureOf({
    part: 'Elasticsearch',
    at: nodes,
    doing,
    said: saidBy(error),
    ...(words !== undefined && { advice: words }),
    passes: passes !== undefined,
    // What was answered quotes what was asked for, and causes are told, too.
    ...(OF_CONNECTION.test(error.name) && { cause: error }),
  });
  const tooLarge = tooLargeIn(error);
  return Object.assign(
    failure,
    status !== undefined && { statusCode: status },
    tooLarge !== undefined && { tooLarge },
  );
}

/** The client's own errors: no answer, or one that is none of Elasticsearch. */
const CLIENT_ERRORS =
  /^(ConnectionError|TimeoutError|NoLivingConnectionsError|ProductNotSupportedError|DeserializationError|ElasticsearchClientError|RequestAbortedError|ResponseError)$/;

/** Those of them whose words are of the connection alone. */
const OF_CONNECTION =
  /^(ConnectionError|TimeoutError|NoLivingConnectionsError|ProductNotSupportedError|RequestAbortedError)$/;

/** The types of errors whose reasons are of the cluster and its indices. Any other reason may quote what was written. */
const OF_CLUSTER = new Set([
  'cluster_block_exception',
  'index_closed_exception',
  'index_not_found_exception',
  'es_rejected_execution_exception',
  'circuit_breaking_exception',
  'no_shard_available_action_exception',
  'unavailable_shards_exception',
  'process_cluster_event_timeout_exception',
  'resource_already_exists_exception',
  'version_conflict_engine_exception',
]);

interface Answered {
  readonly type?: unknown;
  readonly reason?: unknown;
  readonly index?: unknown;
  readonly caused_by?: Answered;
  readonly root_cause?: readonly Answered[];
}

/** An answer in words: its types, and reasons where they are of the cluster. */
export function wordsOfAnswer(answered: Answered | undefined): string {
  const all: string[] = [];
  const add = (each: Answered | undefined): void => {
    if (typeof each?.type !== 'string' || all.length > 4) return;
    const { type, reason, index } = each;
    const said = OF_CLUSTER.has(type) && typeof reason === 'string' ? `: ${reason}` : '';
    const where = said !== '' && typeof index === 'string' && !said.includes(index) ? ` ${index}` : '';
    const words = `${type}${said}${where}`;
    if (!all.includes(words)) all.push(words);
    add(each.caused_by);
    each.root_cause?.forEach(add);
  };
  add(answered);
  return all.join(', ');
}

function saidBy(error: Error): string {
  const status = statusOf(error);
  if (status === undefined) return OF_CONNECTION.test(error.name) ? error.message : error.name;
  const { meta } = error as { meta?: { readonly body?: { readonly error?: unknown } } };
  const answered = meta?.body?.error;
  const words = typeof answered === 'object' && answered !== null ? wordsOfAnswer(answered as Answered) : '';
  return [status, words].filter((each) => each !== '').join(' ');
}
