import { deliveriesOf, doubtsFor } from '@margay/coverage';
import { HOUR, MINUTE, parseInstant } from '@margay/ground';
import { expect, test } from 'vitest';
import { readBatch } from './read-batch.ts';

const at = (time: string) => parseInstant(`2026-11-26T${time}Z`)!;

test('of a request that was too large the evidence says between which instants it is missing', () => {
  const place = { after: at('10:00:00'), before: at('10:03:00') };
  const unusable = { reason: 'too-large', sizeBytes: 70_000_000, ...place } as const;
  const origin = { source: 'webhook:a', position: 7 };
  const { mark } = readBatch('webhook:a', [{ text: '', origin, unusable }]);
  // Others of that API server came all the time.
  const minutes = Array.from({ length: 121 }, (_, i) => at('09:00:00') + i * MINUTE);
  const others = {
    ...readBatch('webhook:a', []).mark,
    from: 8,
    to: 20_000,
    buckets: minutes.map((minute) => ({
      minute,
      first: minute,
      last: minute + MINUTE - 1,
      counts: { kept: 99 },
    })),
  };
  const window = { start: at('09:00:00'), end: at('11:00:00') };
  const doubts = doubtsFor([mark, others], window, {
    birth: window.start - HOUR,
    deliveries: deliveriesOf([mark, others]),
  });
  expect(doubts.filter(({ reason }) => reason === 'unusable')).toMatchObject([
    {
      about: 'everything',
      since: place.after + 1,
      until: place.before,
      message: expect.stringMatching(
        /70000000 bytes is larger than what is taken.*AUDIT_WEBHOOK_BODY_BYTES_MAX/,
      ) as string,
    },
  ]);
});
