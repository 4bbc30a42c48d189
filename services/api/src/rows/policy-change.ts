import type { PolicyChange } from '@margay/api-contract';
import { kindOf, parseInstant, servedName, STORAGE_GROUP } from '@margay/ground';
import type { Change } from '@margay/history';
import { JOINED } from '@margay/reports';
import type { History } from '@margay/storage';

/** The fields of an audit event that say which object it was about, and when. */
interface AuditEvent {
  readonly requestReceivedTimestamp?: string;
  readonly stageTimestamp?: string;
  readonly responseStatus?: { readonly code?: number };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseObject?: { readonly metadata?: { readonly name?: string } };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A policy before and after an audit event, from the history; null where there was none. */
export async function policyChange(history: History, event: AuditEvent): Promise<PolicyChange> {
  const {
    apiGroup = '',
    resource = '',
    namespace = '',
    name: given = event.responseObject?.metadata?.name ?? '',
  } = event.objectRef ?? {};
  const kind = kindOf({ group: apiGroup, resource });
  const name = apiGroup === STORAGE_GROUP ? servedName(given, kind?.role === 'policy') : given;
  const all = await history.changesOf({ group: kind?.group ?? apiGroup, resource, namespace, name });
  const changes = all.filter(({ what }) => what === 'present' || what === 'gone');
  const at = parseInstant(event.stageTimestamp) ?? 0;
  // What is joined was kept while the request was under way.
  const isJoined = event.annotations?.[JOINED] !== undefined;
  const from = (isJoined ? parseInstant(event.requestReceivedTimestamp) : undefined) ?? at;
  const before = changes.findLast((change) => change.at < from);
  const isRefused = (event.responseStatus?.code ?? 0) >= 400;
  const after = isRefused ? before : changes.findLast((change) => change.at <= at);
  return { before: contentOf(before), after: contentOf(after) };
}

const contentOf = (change: Change | undefined): unknown =>
  change === undefined || change.what === 'gone' ? null : (change.content ?? null);
