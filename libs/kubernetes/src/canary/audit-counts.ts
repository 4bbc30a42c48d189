/** What an API server counts of its audit events, since it was started. */
export interface AuditCounts {
  /** Those that it made: `apiserver_audit_event_total`. */
  readonly events: number;
  /** Those that a backend could not take: `apiserver_audit_error_total`, by backend; empty where none ever was. */
  readonly errors: Readonly<Record<string, number>>;
}

const COUNTER = /^apiserver_audit_(event|error)_total(?:\{plugin="([^"]*)"\})? ([\d.e+]+)$/gm;

/** @param metrics what an API server answers to `/metrics`. */
export function auditCountsIn(metrics: string): AuditCounts {
  let events = 0;
  const errors: Record<string, number> = {};
  for (const [, name, plugin = '', value] of metrics.matchAll(COUNTER)) {
    if (name === 'event') events += Number(value);
    else errors[plugin] = Number(value);
  }
  return { events, errors };
}

/** Between two looks at one API server, what it could not hand on, by backend; nothing where it was started anew. */
export function lostBetween(before: AuditCounts, now: AuditCounts): Readonly<Record<string, number>> {
  if (now.events < before.events) return {};
  return Object.fromEntries(
    Object.entries(now.errors)
      .map(([plugin, count]) => [plugin, count - (before.errors[plugin] ?? 0)] as const)
      .filter(([, more]) => more > 0),
  );
}
