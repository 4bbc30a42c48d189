import { bytesWithin, fetchFailure, shownAddress } from '@margay/runtime';

/**
 * Why nothing was confirmed: nobody answered, or not now; it was declined; what was answered is not what was asked for; or a newer checkpoint
 * was confirmed already.
 */
export type UnconfirmedReason = 'away' | 'refused' | 'wrong' | 'overtaken';

/** Somebody who was asked to confirm a checkpoint did not. */
export class Unconfirmed extends Error {
  override readonly name = 'Unconfirmed';
  readonly reason: UnconfirmedReason;

  constructor(reason: UnconfirmedReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What is asked of somebody. */
export interface Question {
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** The media type of it; plain text unless given. */
  readonly type?: string;
  /** More than so many bytes of an answer are not read. */
  readonly bytesMax: number;
  readonly signal?: AbortSignal;
  /** 15 s unless set. */
  readonly milliseconds?: number;
}

/** What was answered. */
export interface Answer {
  readonly status: number;
  readonly bytes: Buffer;
}

const MILLISECONDS = 15_000;

/**
 * Posts a question.
 *
 * @throws Unconfirmed where nobody answers in time, or says that he cannot now, or answers too much; what the signal was aborted with.
 */
export async function post(address: string | URL, question: Question): Promise<Answer> {
  const { body, type, bytesMax, signal, milliseconds = MILLISECONDS } = question;
  const late = AbortSignal.timeout(milliseconds);
  try {
    const answer = await fetch(address, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: signal === undefined ? late : AbortSignal.any([signal, late]),
      ...(type !== undefined && { headers: { 'content-type': type } }),
    });
    if (answer.status >= 500 || answer.status === 429)
      throw new Unconfirmed('away', `it answered ${answer.status}`);
    const bytes = await bytesWithin(bytesMax, answer);
    if (bytes === undefined) throw new Unconfirmed('wrong', `it answered more than ${bytesMax} bytes`);
    return { status: answer.status, bytes };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Unconfirmed) throw error;
    const why = late.aborted ? `no answer within ${milliseconds / 1_000} seconds` : fetchFailure(error);
    throw new Unconfirmed('away', `${shownAddress(String(address))} cannot be reached: ${why}`, {
      cause: error,
    });
  }
}
