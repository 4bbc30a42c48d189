import type { IncomingMessage } from 'node:http';

/** By which Firehose knows a request; it is the same each time that it is sent. */
const FIREHOSE_REQUEST = 'x-amz-firehose-request-id';

/**
 * The body of an answer. Firehose takes one for a failure that does not have its form, whatever the code, and sends its records again
 * ("HTTP endpoint delivery request and response specifications", Amazon Data Firehose): the id of its request, the time in
 * milliseconds, and what went wrong. All others, Pub/Sub among them, look at the code alone, and get the words as they are.
 */
export function answerTo({ headers }: IncomingMessage, words: { readonly error?: string }): object {
  const id = headers[FIREHOSE_REQUEST];
  if (id === undefined) return words;
  return {
    requestId: String(id),
    timestamp: Date.now(),
    ...(words.error !== undefined && { errorMessage: words.error }),
  };
}
