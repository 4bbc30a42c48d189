import { formatInstant, formatMicros, type Instant, type Key, keyText } from '@margay/ground';
import { endpointKeyOf, formatExplanation } from '@margay/policy';
import type { ClusterAt } from '@margay/reports';
import { openProgress } from '@margay/runtime';
import { write } from '@margay/terminal';
import { Command, Option } from 'commander';
import { clusterInLogs } from '../cluster-in-logs.ts';
import { instantOption, privateNetworksOption } from '../options.ts';
import { readLogs } from '../read-logs.ts';
import { saidUid, whoseLogsOption } from '../said-uid.ts';

interface ExplainOptions {
  readonly auditLog: string[];
  readonly cluster?: string;
  readonly at: Instant;
  readonly output: 'text' | 'json';
  readonly privateNetworks?: readonly string[];
}

/** `margay explain`: why an endpoint was what it was at one instant. */
export function explainCommand(): Command {
  return new Command('explain')
    .argument(
      '<endpoint>',
      'a pod as namespace/name, a host endpoint by its name, or either as reports print it',
    )
    .requiredOption('--audit-log <file...>', 'audit logs: plain, gzip, zstd, a pipe, or - for standard input')
    .requiredOption('--at <time>', 'the instant, RFC 3339', instantOption)
    .addOption(whoseLogsOption())
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['text', 'json']).default('text'),
    )
    .addOption(privateNetworksOption())
    .addHelpText(
      'after',
      `
Policies are listed in the order of their evaluation, each with the labels that made it match and where those labels
come from: the pod itself, its namespace, its service account, or Calico.

Examples:
  margay explain shop/web-1 --at 2026-11-24T00:20:00Z --audit-log audit.log.gz
  margay explain "HostEndpoint(node-0-eth0)" --at 2026-11-24T00:20:00Z --audit-log audit.log.gz -o json`,
    )
    .action(
      async (endpoint: string, { auditLog, cluster: whose, at, output, privateNetworks }: ExplainOptions) => {
        const key = endpointKey(endpoint);
        const logs = await readLogs(auditLog, [], openProgress(), {
          audited: [],
          uid: saidUid(process.env, whose),
        });
        const cluster = clusterInLogs(logs, at, privateNetworks);
        const text = keyText(key);
        const explanation = cluster.network.explain(text);
        if (explanation === undefined) throw new Error(absence(endpoint, key, at, cluster));
        const open = openOf(text, cluster);
        if (output === 'json') {
          const uid = cluster.versions.find((found) => keyText(found) === text)?.uid;
          const printed = { at: formatInstant(at), uid, ...explanation, doubts: open };
          await write(`${JSON.stringify(printed, undefined, 2)}\n`);
        } else await write(`At ${formatMicros(at)}\n\n${formatExplanation(explanation)}${openText(open)}\n`);
      },
    );
}

/** The key of an endpoint as people write it. */
export function endpointKey(endpoint: string): Key {
  const slash = endpoint.indexOf('/');
  return (
    endpointKeyOf(endpoint) ?? endpointKeyOf(slash < 0 ? `HostEndpoint(${endpoint})` : `Pod.v1(${endpoint})`)!
  );
}

/** What leaves something open about an endpoint: since when, and why. */
function openOf(text: string, { network, doubts }: ClusterAt) {
  const ids = new Set(network.endpoint(text)?.doubts);
  return doubts
    .filter(({ id }) => ids.has(id))
    .map(({ id, about, since, message }) => ({
      id,
      about,
      ...(since !== undefined && { since: formatInstant(since) }),
      message,
    }));
}

function openText(open: ReturnType<typeof openOf>): string {
  if (open.length === 0) return '';
  return `\nWhat leaves it open\n${open.map(({ about, message }) => `  - ${about}: ${message}\n`).join('')}`;
}

/** Why there is nothing to explain: the object was not there, as far as is known, or was no endpoint then. */
function absence(endpoint: string, key: Key, at: Instant, { versions, unseen, doubts }: ClusterAt): string {
  const there = versions.find((found) => keyText(found) === keyText(key));
  if (there === undefined) {
    const may = unseen.find(
      ({ resource, namespace }) =>
        resource === key.resource && (namespace ?? key.namespace) === key.namespace,
    );
    if (may === undefined) return `${endpoint} did not exist at ${formatInstant(at)}`;
    const why = doubts.find(({ id }) => id === may.id)?.message ?? '';
    return `It is not known whether ${endpoint} existed at ${formatInstant(at)}: no event shows it. ${why}`;
  }
  const { phase, podIP } = (there.content['status'] ?? {}) as { phase?: string; podIP?: string };
  const { hostNetwork } = (there.content['spec'] ?? {}) as { hostNetwork?: boolean };
  const why = hostNetwork
    ? 'it runs in the network of its host'
    : phase === 'Succeeded' || phase === 'Failed'
      ? `it had finished (${phase})`
      : podIP === undefined
        ? 'it had no address yet'
        : 'it was not scheduled to a node or its address was gone';
  return `${endpoint} existed at ${formatInstant(at)} but was no endpoint then: ${why}`;
}
