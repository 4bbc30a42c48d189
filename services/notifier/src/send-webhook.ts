import { setTimeout as sleep } from 'node:timers/promises';
import { pauseAfter } from '@margay/ground';
import { Unprocessable } from '@margay/messaging';
import { shownAddress } from '@margay/runtime';
import { Webhook as Signer } from 'standardwebhooks';
import type { CloudEvent } from './cloud-event.ts';

/** Where events go. */
export interface Webhook {
  readonly url: string;
  /** Signs what is sent; nothing is signed without. */
  readonly secret?: string;
  readonly signal: AbortSignal;
  /** Seconds since the epoch; the clock unless given. */
  readonly now?: () => number;
  /** The pause before the second attempt; each next one is twice as long, up to a minute. 1 s unless set. */
  readonly retryMilliseconds?: number;
}

const ATTEMPTS = 9;
const ANSWER_MILLISECONDS = 15_000;
const PAUSE_MILLISECONDS_MAX = 60_000;

/**
 * Posts an event as CloudEvents' structured JSON, signed as Standard Webhooks has it: `webhook-signature` is `v1,` and the
 * base64 HMAC-SHA256 of `<webhook-id>.<webhook-timestamp>.<body>`. It is tried for about three minutes.
 *
 * @throws Unprocessable when the receiver says that it is wrong (4xx), or was not to be reached at all.
 */
export async function sendWebhook(event: CloudEvent, webhook: Webhook): Promise<void> {
  const { url, signal, retryMilliseconds = 1_000 } = webhook;
  const body = JSON.stringify(event);
  for (let attempt = 1; ; attempt++) {
    const problem = await post(body, event.id, webhook);
    if (problem === undefined) return;
    if (problem.isFinal || attempt === ATTEMPTS)
      throw new Unprocessable(
        'undeliverable',
        `The webhook at ${shownAddress(url)} did not take event ${event.id} in ${attempt} attempts: ${problem.reason}`,
      );
    const pauses = { first: retryMilliseconds, longest: PAUSE_MILLISECONDS_MAX };
    await sleep(pauseAfter(attempt, pauses), undefined, { signal });
  }
}

interface Refusal {
  readonly reason: string;
  /** Sending it again would not help. */
  readonly isFinal: boolean;
}

async function post(
  body: string,
  id: string,
  { url, secret, signal, now = () => Date.now() / 1_000 }: Webhook,
): Promise<Refusal | undefined> {
  const seconds = Math.floor(now());
  // As bytes: of a text the library would take the low byte of each character.
  const signer = secret !== undefined && new Signer(Buffer.from(secret, 'utf8'), { format: 'raw' });
  try {
    const answer = await fetch(url, {
      method: 'POST',
      body,
      // Evidence goes where it was meant to go, or nowhere.
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MILLISECONDS)]),
      headers: {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-id': id,
        'webhook-timestamp': String(seconds),
        ...(signer && { 'webhook-signature': signer.sign(id, new Date(seconds * 1_000), body) }),
      },
    });
    await answer.body?.cancel();
    if (answer.ok) return undefined;
    const isFinal = answer.status < 500 && ![408, 425, 429].includes(answer.status);
    return { reason: `it answered ${answer.status}`, isFinal };
  } catch (error) {
    signal.throwIfAborted();
    const { cause } = error as Error;
    return { reason: wordsOf(cause instanceof Error ? cause : error), isFinal: false };
  }
}

/** What came of a connection. The words of libraries may name the address, of which host and port are shown elsewhere. */
function wordsOf(error: unknown): string {
  const { code, name, message } = error as NodeJS.ErrnoException;
  if (name === 'TimeoutError') return `no answer within ${ANSWER_MILLISECONDS / 1_000} seconds`;
  if (code !== undefined) return code;
  return message === 'unexpected redirect' ? 'it redirects, which is not followed' : 'no connection';
}
