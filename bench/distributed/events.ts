import { recordedLife, renamed } from '../ingest/pod-lives.ts';

/** Events of one request of the API server: its default for `--audit-webhook-batch-max-size`. */
const BATCH = 400;
const TIMES = /"(requestReceivedTimestamp|stageTimestamp)":"[^"]*"/g;

/**
 * EventLists about pods that come and start, each with the recorded life of a real one: `bodies(first, pods)` is about
 * the pods from `first` on, with the times of now.
 */
export function eventLists(): (first: number, pods: number) => { bodies: string[]; events: number } {
  const life = recordedLife().map((line) => line.replaceAll(/"auditID":"[^"]*"/g, '"auditID":"AUDIT-ID"'));
  return (first, pods) => {
    const now = Date.now() * 1_000;
    const events = Array.from({ length: pods }, (_, i) =>
      life.map((line, step) =>
        renamed(line, first + i)
          .replace(
            'AUDIT-ID',
            `00000000-0000-4000-8000-${String((first + i) * life.length + step).padStart(12, '0')}`,
          )
          .replaceAll(
            TIMES,
            (_text, name: string) => `"${name}":"${timeText(now + i * life.length + step)}"`,
          ),
      ),
    ).flat();
    const bodies: string[] = [];
    for (let at = 0; at < events.length; at += BATCH)
      bodies.push(
        `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${events.slice(at, at + BATCH).join(',')}]}`,
      );
    return { bodies, events: events.length };
  };
}

const timeText = (microseconds: number): string =>
  `${new Date(Math.floor(microseconds / 1_000)).toISOString().slice(0, -1)}${String(microseconds % 1_000).padStart(3, '0')}Z`;
