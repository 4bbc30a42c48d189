import {
  CANARY_OBJECT,
  canaryOfManager,
  type CanaryName,
  fields,
  type Fields,
  isFields,
  list,
  text,
} from '@margay/ground';
import type { CollectionDelete } from './gone.ts';

const DELETIONS = new Set(['delete', 'deletecollection']);

/**
 * True when the request was a dry run: its answer looks like that of a real one, and nothing was stored.
 *
 * The query says so. A deletion with a body is governed by that body alone, its query is not looked at; an eviction
 * can also say so in its `deleteOptions`. A field named `dryRun` in any other body means nothing.
 */
export function isDryRun(event: Fields, verb: string): boolean {
  const body = event['requestObject'];
  if (DELETIONS.has(verb)) {
    if (!showsOptions(event)) return false;
    return isFields(body) ? list(body['dryRun']).length > 0 : 'dryRun' in queryOf(event);
  }
  const { subresource } = fields(event['objectRef']);
  if (subresource === 'eviction' && list(fields(fields(body)['deleteOptions'])['dryRun']).length > 0)
    return true;
  return 'dryRun' in queryOf(event);
}

/** The canary that a request wrote; undefined for any other request, and where the API server did not take it. */
export function canaryOf(event: Fields): CanaryName | undefined {
  const { apiGroup, resource, name, subresource } = fields(event['objectRef']);
  const isCanary =
    event['verb'] === 'patch' &&
    resource === CANARY_OBJECT.resource &&
    apiGroup === CANARY_OBJECT.group &&
    name === CANARY_OBJECT.name &&
    text(subresource) === '';
  const { fieldManager, dryRun } = isCanary ? queryOf(event) : NO_QUERY;
  const { code } = fields(event['responseStatus']);
  if (fieldManager === undefined || dryRun !== undefined || (code !== 200 && code !== 201)) return undefined;
  return canaryOfManager(fieldManager);
}

/** False where a deletion may have had options that the event does not show: it may have been a dry run. */
export function showsOptions(event: Fields): boolean {
  return event['level'] !== 'Metadata' && !isTruncated(event) && typeof event['requestObject'] !== 'string';
}

/** True when the audit backend cut the bodies off, or a cloud put a text in the place of an object. */
export function isTruncated(event: Fields): boolean {
  return (
    fields(event['annotations'])['audit.k8s.io/truncated'] === 'true' ||
    typeof event['responseObject'] === 'string'
  );
}

/** What a `deletecollection` asked for. */
export function collectionDeleteOf(event: Fields): CollectionDelete {
  const body = event['requestObject'];
  const options: Fields = isFields(body) ? body : queryOf(event);
  const policy = options['propagationPolicy'];
  const grace = options['gracePeriodSeconds'];
  const seconds = typeof grace === 'string' && grace !== '' ? Number(grace) : grace;
  const orphans = options['orphanDependents'];
  return {
    ...(typeof seconds === 'number' && Number.isFinite(seconds) && { gracePeriodSeconds: seconds }),
    addsFinalizer: policy === 'Foreground' || policy === 'Orphan' || orphans === true || orphans === 'true',
  };
}

/** True where a deletion asks, as far as it shows, for no dry run, and for nothing that must be done first. */
export function deletesAtOnce(event: Fields): boolean {
  const { addsFinalizer } = collectionDeleteOf(event);
  return !addsFinalizer && (isFields(event['requestObject']) || !('dryRun' in queryOf(event)));
}

/**
 * True where a read is answered with what is stored when it comes in: one that names a version may get any since that, and a list that
 * goes on is of when it began.
 */
export function readsLatest(event: Fields): boolean {
  const query = queryOf(event);
  return ['resourceVersion', 'resourceVersionMatch', 'continue'].every((name) => (query[name] ?? '') === '');
}

/** The only name that a `deletecollection` is about, where it selects by that. */
export function selectedName(event: Fields): string | undefined {
  const selector = queryOf(event)['fieldSelector'] ?? '';
  return selector
    .split(',')
    .flatMap((one) => /^metadata\.name==?([^=]+)$/.exec(one.trim())?.[1] ?? [])
    .at(0);
}

const NO_QUERY: Readonly<Record<string, string>> = Object.freeze({});

/**
 * The query of the request's URI: the first of each name. Pairs with a semicolon or a broken escape are left out, as the
 * API server leaves them out.
 */
function queryOf(event: Fields): Readonly<Record<string, string>> {
  const uri = text(event['requestURI']);
  const begin = uri.indexOf('?');
  if (begin === -1) return NO_QUERY;
  const query: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const pair of uri.slice(begin + 1).split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const name = decoded(equals === -1 ? pair : pair.slice(0, equals));
    const value = decoded(equals === -1 ? '' : pair.slice(equals + 1));
    if (name !== undefined && value !== undefined) query[name] ??= value;
  }
  return query;
}

function decoded(part: string): string | undefined {
  if (!part.includes('%') && !part.includes('+')) return part;
  try {
    return decodeURIComponent(part.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
