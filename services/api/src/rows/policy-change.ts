import type { PolicyChange } from '@margay/api-contract';
import { parseInstant } from '@margay/ground';
import type { Change } from '@margay/history';
import type { History } from '@margay/storage';

/** The fields of an audit event that say which object it was about, and when. */
interface AuditEvent {
  readonly stageTimestamp?: string;
  readonly responseStatus?: { readonly code?: number };
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly resource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseObject?: { readonly metadata?: { readonly name?: string } };
}

/** A policy before and after an audit event, from the history; null where there was none. */
export async function policyChange(history: History, event: AuditEvent): Promise<PolicyChange> {
  const {
    apiGroup = '',
    resource = '',
    namespace = '',
    name = event.responseObject?.metadata?.name ?? '',
  } = event.objectRef ?? {};
  const at = parseInstant(event.stageTimestamp) ?? 0;
  const changes = await history.changesOf({ group: apiGroup, resource, namespace, name });
  const before = changes.findLast((change) => change.at < at);
  const isRefused = (event.responseStatus?.code ?? 0) >= 400;
  const after = isRefused ? before : changes.findLast((change) => change.at <= at);
  return { before: contentOf(before), after: contentOf(after) };
}

const contentOf = (change: Change | undefined): unknown =>
  change === undefined || change.what === 'gone' ? null : (change.content ?? null);
