import { formatInstant, formatMicros, type Instant, type Key, keyText } from '@margay/ground';
import type { Version } from '@margay/history';
import { endpointKeyOf, formatExplanation, NetworkState } from '@margay/policy';
import { doubtedOf } from '@margay/reports';
import { openProgress } from '@margay/runtime';
import { Command, Option } from 'commander';
import { instantOption, privateNetworksOption } from '../options.ts';
import { readLogs } from '../read-logs.ts';
import { write } from '../write.ts';

interface ExplainOptions {
  readonly auditLog: string[];
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
    .action(async (endpoint: string, { auditLog, at, output, privateNetworks }: ExplainOptions) => {
      const key = endpointKey(endpoint);
      const { history } = await readLogs(auditLog, [], openProgress(), []);
      const state = new NetworkState({ ...(privateNetworks && { privateNetworks }) });
      const valid = history.stateAt(at);
      for (const version of valid) if (version.name !== '') state.upsert(version.content, doubtedOf(version));
      const explanation = state.explain(keyText(key));
      if (explanation === undefined) throw new Error(absence(endpoint, key, at, valid));
      if (output === 'json') {
        const version = valid.find((found) => keyText(found) === keyText(key));
        await write(
          `${JSON.stringify({ at: formatInstant(at), uid: version?.uid, ...explanation }, undefined, 2)}\n`,
        );
      } else await write(`At ${formatMicros(at)}\n\n${formatExplanation(explanation)}\n`);
    });
}

/** The key of an endpoint as people write it. */
export function endpointKey(endpoint: string): Key {
  const slash = endpoint.indexOf('/');
  return (
    endpointKeyOf(endpoint) ?? endpointKeyOf(slash < 0 ? `HostEndpoint(${endpoint})` : `Pod.v1(${endpoint})`)!
  );
}

/** Why there is nothing to explain: the object was not there, or was no endpoint then. */
function absence(endpoint: string, key: Key, at: Instant, valid: readonly Version[]): string {
  const there = valid.find((found) => keyText(found) === keyText(key));
  if (there === undefined)
    return `${endpoint} did not exist at ${formatInstant(at)}, as far as the logs show`;
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
