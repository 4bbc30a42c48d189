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
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of answer.body ?? []) {
      bytes += piece.length;
      if (bytes > ANSWER_BYTES_MAX)
        throw new AnswerTooLarge(`It answers with more than ${ANSWER_BYTES_MAX} bytes`);
      pieces.push(piece);
    }
    const { status, statusText, headers } = answer;
    return new Response(bytes === 0 ? null : Buffer.concat(pieces), { status, statusText, headers });
  };
