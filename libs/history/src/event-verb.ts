/** The verb that an event's id holds, and the audit ID, empty where the event has none. */
export function requestIn(eventId: string): { readonly verb: string; readonly auditId: string } {
  const parts = eventId.split('.');
  return { verb: parts.at(-2) ?? '', auditId: parts.slice(0, -4).join('.') };
}

/** True where it is a read that showed the object. */
export function isRead({ eventId }: { readonly eventId: string }): boolean {
  const { verb } = requestIn(eventId);
  return verb === 'get' || verb === 'list';
}
