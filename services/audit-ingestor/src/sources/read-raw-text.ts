import { readLine, type Reading } from '@margay/history';
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
  const tooLarge = reason === 'too-large';
  return [
    {
      kind: 'unusable',
      ...place,
      reason: tooLarge ? 'too-long' : 'unreadable',
      message: tooLarge
        ? `A request of ${sizeBytes} bytes is larger than what is taken: raise AUDIT_WEBHOOK_BODY_BYTES_MAX or lower the batch size of its sender.`
        : reason === 'not-otlp'
          ? `A request of ${sizeBytes} bytes is of no OpenTelemetry exporter, though it says so.`
          : `A request of ${sizeBytes} bytes cannot be unpacked.`,
    },
  ];
}
