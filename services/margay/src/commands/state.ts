import { formatInstant, type Instant, microsOf } from '@margay/ground';
import type { Version } from '@margay/history';
import { printedVersion, type ClusterAt } from '@margay/reports';
import { openProgress } from '@margay/runtime';
import { write } from '@margay/terminal';
import { Command, Option } from 'commander';
import { clusterInLogs } from '../cluster-in-logs.ts';
import { instantOption } from '../options.ts';
import { readLogs } from '../read-logs.ts';
import { saidUid, whoseLogsOption } from '../said-uid.ts';
import { tableText } from '../table.ts';

interface StateOptions {
  readonly auditLog: string[];
  readonly cluster?: string;
  readonly at: Instant;
  readonly output: 'json' | 'table';
}

/** `margay state`: the cluster as it was at one instant. */
export function stateCommand(): Command {
  return new Command('state')
    .requiredOption('--audit-log <file...>', 'audit logs: plain, gzip, zstd, a pipe, or - for standard input')
    .requiredOption('--at <time>', 'the instant, RFC 3339', instantOption)
    .addOption(whoseLogsOption())
    .addOption(
      new Option('-o, --output <format>', 'how to print it').choices(['json', 'table']).default('json'),
    )
    .addHelpText(
      'after',
      `
Each resource is listed with the resourceVersion that it had and the instant from which on it had it. What the log
does not show is not listed: objects that no event touched before the instant. What is not known of one stands beside it as
its doubt, in JSON; what is not known of a whole kind, or of everything, stands after the resources.

Example:
  margay state --audit-log audit.log.gz --at 2026-11-24T00:20:00Z -o table`,
    )
    .action(async ({ auditLog, cluster: whose, at, output }: StateOptions) => {
      const logs = await readLogs(auditLog, [], openProgress(), {
        audited: [],
        uid: saidUid(process.env, whose),
      });
      const cluster = clusterInLogs(logs, at);
      const state = resourcesOf(cluster);
      const doubts = openBesides(cluster);
      await (output === 'json' ? printJson(at, state, doubts) : printTable(state, doubts));
    });
}

const byKind = (a: Version, b: Version) => {
  const text = ({ content, namespace, name }: Version) =>
    `${content.kind}\u0000${content.apiVersion}\u0000${namespace}\u0000${name}`;
  return text(a) < text(b) ? -1 : 1;
};

/** One resource as it was, with why something of it is not known. */
type ResourceRow = ReturnType<typeof resourcesOf>[number];

function resourcesOf({ versions, doubts }: ClusterAt) {
  const messages = new Map(doubts.map(({ id, message }) => [id, message]));
  return versions
    .toSorted(byKind)
    .map(({ content, namespace, name, uid, resourceVersion, validFrom, doubted }) => ({
      apiVersion: content.apiVersion,
      kind: content.kind,
      namespace,
      name,
      uid,
      resourceVersion,
      validFrom: formatInstant(validFrom),
      ...(doubted && { doubt: messages.get(doubted.id) ?? '' }),
    }));
}

/** A doubt about many objects. */
type DoubtRow = ReturnType<typeof openBesides>[number];

/** What is not known of kinds, or of everything: there may be objects that nobody saw, or fewer than are listed. */
function openBesides({ versions, doubts }: ClusterAt) {
  const seen = new Set(versions.map(printedVersion));
  return doubts
    .filter(({ about }) => !seen.has(about))
    .map(({ about: all, since, message }) => {
      const [about = '', namespace] = all.split(' in ');
      return {
        about,
        ...(namespace !== undefined && { namespace }),
        ...(since !== undefined && { since: formatInstant(since) }),
        message,
      };
    });
}

async function printJson(
  at: Instant,
  state: readonly ResourceRow[],
  doubts: readonly DoubtRow[],
): Promise<void> {
  const list = (rows: readonly object[]) => rows.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  const open = doubts.length === 0 ? '' : `,\n  "doubts": [\n${list(doubts)}\n  ]`;
  await write(
    `{\n  "at": ${JSON.stringify(formatInstant(at))},\n  "resources": [\n${list(state)}\n  ]${open}\n}\n`,
  );
}

async function printTable(state: readonly ResourceRow[], doubts: readonly DoubtRow[]): Promise<void> {
  const rows = [
    ['KIND', 'NAMESPACE', 'NAME', 'RESOURCEVERSION', 'VALID FROM'],
    ...state.map(({ kind, namespace, name, resourceVersion, validFrom }) => [
      kind,
      namespace,
      name,
      resourceVersion,
      microsOf(validFrom),
    ]),
  ];
  await write(
    `${tableText(rows)}${doubts.map(({ about, namespace, since, message }) => `Not known${since === undefined ? '' : ` since ${microsOf(since)}`}: ${about}${namespace === undefined ? '' : ` in ${namespace}`}. ${message}\n`).join('')}`,
  );
}
