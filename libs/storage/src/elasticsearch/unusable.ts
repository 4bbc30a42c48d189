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
