import type { Instant, Window } from '@margay/ground';
import type { Proof } from '@margay/kubernetes';
import { vi } from 'vitest';

/**
 * An instant up to which watches have proven what they told. They are asked again where they do not within six seconds.
 *
 * @param isProven whether they have, of the last microsecond before it.
 */
export async function provenNow(
  proof: Proof,
  isProven: (window: Window) => boolean | Promise<boolean>,
  tries: number,
): Promise<Instant> {
  for (let i = 0; i < tries; i++) {
    const at = Date.now() * 1_000;
    proof.ask(at);
    const waited = vi.waitUntil(() => isProven({ start: at - 1, end: at }), { timeout: 6_000, interval: 50 });
    if (await waited.catch(() => false)) return at;
  }
  throw new Error('The watches proved nothing');
}
