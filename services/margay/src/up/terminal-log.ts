import { UNREADABLE, WATCH_STAGE } from '@margay/audit-ingestor/module';
import { UNREADABLE as UNREADABLE_FLOWS } from '@margay/flow-ingestor';
import { SET_ASIDE } from '@margay/messaging/nest';
import { ATTEMPT_FAILED } from '@margay/report-worker';
import type { Fields, Log } from '@margay/runtime';
import { STAGE_STOPPED } from '@margay/runtime/nest';
import { NOT_USED } from '@margay/scheduler';
import type { Tell, UpEvent } from './up-event.ts';

const unreadable = ({ source, position, first, entries, records }: Fields): UpEvent => ({
  kind: 'unreadable',
  where: position === undefined ? String(source) : `${String(source)}:${Number(position)}`,
  source: String(source),
  message: String(first),
  total: Number(entries ?? records),
});

/** The lines of the services' logs that a person at a terminal is told in other words, by their message. */
const TOLD: Readonly<Record<string, (fields: Fields) => UpEvent | undefined>> = {
  [SET_ASIDE]: ({ topic, reason }) => ({
    kind: 'dead-letter',
    topic: String(topic),
    reason: String(reason),
  }),
  [ATTEMPT_FAILED]: ({ id, attempt, reason }) => ({
    kind: 'attempt-failed',
    id: String(id),
    attempt: Number(attempt),
    reason: String(reason),
  }),
  [STAGE_STOPPED]: ({ stage, reason }) =>
    stage === WATCH_STAGE ? { kind: 'unwatched', reason: String(reason) } : undefined,
  [UNREADABLE]: unreadable,
  [UNREADABLE_FLOWS]: unreadable,
  [NOT_USED]: ({ problem }) => ({ kind: 'not-used', problem: String(problem) }),
};

/** The log of all services in one process: what a person is told goes to `tell`, everything else to the log. */
export function terminalLog(log: Log, tell: Tell): Log {
  const write =
    (level: 'warn' | 'error') =>
    (message: string, fields: Fields = {}) => {
      const event = TOLD[message]?.(fields);
      if (event === undefined) log[level](message, fields);
      else tell(event);
    };
  return {
    ...log,
    warn: write('warn'),
    error: write('error'),
    with: (fields) => terminalLog(log.with(fields), tell),
  };
}
