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
  return [
    {
      kind: 'unusable',
      ...place,
      reason: reason.startsWith('too-') ? 'too-long' : 'unreadable',
      message: `A request of ${sizeBytes} bytes ${WHY[reason]}`,
    },
  ];
}

const HELP = 'raise AUDIT_WEBHOOK_BODY_BYTES_MAX or lower the batch size of its sender.';
const WHY = {
  'too-large': `is larger than what is taken: ${HELP}`,
  'too-dense': `has more values than fit the memory, a tenth of the bytes that are taken: ${HELP}`,
  'not-gzip': 'cannot be unpacked.',
  'not-otlp': 'is of no OpenTelemetry exporter, though it says so.',
} as const;
