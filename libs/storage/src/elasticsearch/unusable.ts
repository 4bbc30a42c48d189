/** The HTTP status of an error that Elasticsearch answered; undefined for every other error. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

/** What to do about answers, by their status or the error's name; the first that fits counts. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/\b401\b/, 'Elasticsearch does not know the user or the API key: check the credentials.'],
  [
    /\b403\b.*cluster_block_exception|disk usage exceeded|read-only-allow-delete|flood.stage/i,
    'The index is read-only, most likely because the disk is nearly full: free space, and the block goes away by itself. ' +
      'Nothing is lost: it will be tried again.',
  ],
  [
    /cluster_block_exception/,
    'The index is blocked for writing: lift the block. Nothing is lost: it will be tried again.',
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
  [/\b429\b|\b503\b/, 'Elasticsearch is overloaded or starting. Nothing is lost: it will be tried again.'],
  [
    /ConnectionError|TimeoutError|NoLivingConnections/,
    'No node answers: check the address, the network and TLS. Nothing is lost: it will be tried again.',
  ],
  [/ProductNotSupportedError/, 'The server is no Elasticsearch: check the address.'],
];

/** The client's error in words that help. */
export function explainedElastic(error: unknown, doing: string, nodes: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  const text = `${error.name} ${statusOf(error) ?? ''} ${error.message}`;
  const advice = ADVICE.find(([pattern]) => pattern.test(text))?.[1];
  if (advice === undefined) return error;
  const where = nodes.length === 0 ? '' : ` at ${nodes.join(', ')}`;
  return Object.assign(
    new Error(`Elasticsearch${where}: ${doing} failed (${error.message}). ${advice}`, { cause: error }),
    statusOf(error) !== undefined && { statusCode: statusOf(error) },
  );
}
