import { fields, nonEmptyText, text, type Fields } from '@margay/ground';

/**
 * Whether a value is an entry that Cloud Audit Logs have of a request to a GKE cluster's API server.
 *
 * Source: Google Cloud, "GKE audit logging information" and `LogEntry` of the Cloud Logging API.
 */
export const isCloudAuditEntry = (value: Fields): boolean =>
  fields(value['protoPayload'])['serviceName'] === 'k8s.io';

/** A method of the API, `io.k8s.core.v1.pods.status.patch`: its last version is followed by resource, subresource and verb. */
const METHOD = /\.v\d+(?:(?:alpha|beta)\d+)?\.([\w-]+)\.(?:([\w./-]+)\.)?([a-z]+)$/;

/** An object, `networking.k8s.io/v1/namespaces/shop/networkpolicies/web`; `core` is the group without a name. */
const OBJECT = /^([\w.-]+)\/(v\d+(?:(?:alpha|beta)\d+)?)\/(.+)$/;

/** By which codes of gRPC a request was refused, and what the API server answered then. With any other it is not known what became of it. */
const REFUSED: Readonly<Record<string, number>> = { 3: 400, 5: 404, 6: 409, 7: 403, 10: 409, 16: 401 };

/**
 * What such an entry says, as an audit event of level Metadata; undefined where it names no object in the form that is known.
 *
 * It says who asked for what, and when. It does not say what became of it: the query of the request is not in it, so that a dry run
 * looks as a write does, and the bodies that some entries have may be those of one. So nothing is taken of them, and the event has no
 * answer, unless the request was refused.
 */
export function eventOfCloudAudit(entry: Fields): Fields | undefined {
  const payload = fields(entry['protoPayload']);
  const [, resource = '', subresource, verb] = METHOD.exec(text(payload['methodName'])) ?? [];
  const [, group = '', apiVersion, path = ''] = OBJECT.exec(text(payload['resourceName'])) ?? [];
  const steps = path.split('/');
  const namespace = steps[0] === 'namespaces' && resource !== 'namespaces' ? steps[1] : undefined;
  const [named, name] = namespace === undefined ? steps : steps.slice(2);
  if (verb === undefined || apiVersion === undefined || named !== resource) return undefined;
  const { callerIp, callerSuppliedUserAgent } = fields(payload['requestMetadata']);
  const refused = READS.has(verb) ? undefined : REFUSED[String(fields(payload['status'])['code'])];
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: text(entry['insertId']),
    stage: 'ResponseComplete',
    verb,
    user: { username: text(fields(payload['authenticationInfo'])['principalEmail']) },
    ...(nonEmptyText(callerIp) !== undefined && { sourceIPs: [callerIp] }),
    ...(nonEmptyText(callerSuppliedUserAgent) !== undefined && { userAgent: callerSuppliedUserAgent }),
    objectRef: {
      resource,
      apiVersion,
      ...(group !== 'core' && { apiGroup: group }),
      ...(namespace !== undefined && { namespace }),
      ...(name !== undefined && { name }),
      ...(subresource !== undefined && { subresource: subresource.replaceAll('.', '/') }),
    },
    responseStatus: refused === undefined ? {} : { code: refused },
    requestReceivedTimestamp: entry['timestamp'],
    stageTimestamp: entry['timestamp'],
    annotations: fields(entry['labels']),
  };
}

const READS = new Set(['get', 'list', 'watch']);
