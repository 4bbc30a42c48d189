import { setTimeout as sleep } from 'node:timers/promises';

/** How many events an API server posts at once here. */
export const BATCH = 100;

/** EventLists as an API server posts them. @param events each in JSON. */
export const eventLists = (events: readonly string[]): string[] =>
  Array.from({ length: Math.ceil(events.length / BATCH) }, (_, i) => {
    const items = events.slice(i * BATCH, (i + 1) * BATCH).join(',');
    return `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[${items}]}`;
  });

/** Where an ingestor of the recorded cluster takes what an API server posts. */
export const webhookAt = (port: number): string =>
  `http://127.0.0.1:${port}/audit/v1/clusters/recorded/sources/api-server-1`;

/** Posts until it is taken, as an API server with enough retries does. @param port asked for anew with each try. */
export async function postUntilTaken(port: () => number, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  for (;;) {
    // There is no answer while it is being killed.
    const answer = await fetch(webhookAt(port()), { method: 'POST', body, headers }).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(200);
  }
}
