import { readLine, type Reading } from '@margay/history';
import { isTooMuch, unusableWords } from '@margay/sources';
import type { RawText } from './raw-text.ts';

/**
 * What the audit events in a text say; every event is one reading. A text that was lost on its way in is one reading, too.
 * Never throws.
 */
export function readRawText({ text, origin, unreadable, unusable }: RawText): Reading[] {
  if (unusable === undefined) {
    const readings = readLine(text, origin);
    if (unreadable !== undefined)
      readings.push({ kind: 'unusable', reason: 'unreadable', message: unreadable });
    return readings;
  }
  const { reason, sizeBytes, ...place } = unusable;
  return [
    {
      kind: 'unusable',
      ...place,
      reason: isTooMuch(reason) ? 'too-long' : 'unreadable',
      message: unusableWords({ reason, sizeBytes }, HELP),
    },
  ];
}

const HELP = 'raise AUDIT_WEBHOOK_BODY_BYTES_MAX or lower the batch size of its sender';
