import { bytesWithin } from '@margay/runtime';

/** What it says of itself and its keys is a few kilobytes. */
const ANSWER_BYTES_MAX = 1024 * 1024;

/** An answer was longer than any that makes sense. */
class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

/** Fetches what fits: an answer that is too long, or takes longer than that, fails, however little of it was needed. */
export const boundedFetch =
  (milliseconds: number) =>
  async (url: string, options: object): Promise<Response> => {
    const { signal, ...rest } = options as RequestInit;
    const late = AbortSignal.timeout(milliseconds);
    const answer = await fetch(url, { ...rest, signal: signal ? AbortSignal.any([signal, late]) : late });
    const bytes = await bytesWithin(ANSWER_BYTES_MAX, answer);
    if (bytes === undefined) throw new AnswerTooLarge(`It answers with more than ${ANSWER_BYTES_MAX} bytes`);
    const { status, statusText, headers } = answer;
    return new Response(bytes.length === 0 ? null : bytes, { status, statusText, headers });
  };
