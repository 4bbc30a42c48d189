import { formatInstant, type Instant, microsOf, resourceName } from '@margay/ground';
import type { Version } from '@margay/history';
import { openProgress } from '@margay/runtime';
import { Command, Option } from 'commander';
import { instantOption } from '../options.ts';
import { readLogs } from '../read-logs.ts';
import { write } from '../write.ts';

interface StateOptions {
  readonly auditLog: string[];
  readonly at: Instant;
  readonly output: 'json' | 'table';
}

/** `margay state`: the cluster as it was at one instant. */
export function stateCommand(): Command {
  return new Command('state')
    .requiredOption('--audit-log <file...>', 'audit logs: plain, gzip, zstd, a pipe, or - for standard input')
    .requiredOption('--at <time>', 'the instant, RFC 3339', instantOption)
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
    .action(async ({ auditLog, at, output }: StateOptions) => {
      const { history } = await readLogs(auditLog, [], openProgress(), []);
      const valid = history.stateAt(at).sort(byKind);
      const state = valid.filter(({ name }) => name !== '');
      // A version without a name is a doubt about all objects of its kind.
      const doubts = valid.filter(({ name }) => name === '').map(doubtRow);
      await (output === 'json' ? printJson(at, state, doubts) : printTable(state, doubts));
    });
}

const byKind = (a: Version, b: Version) => {
  const text = ({ content, namespace, name }: Version) =>
    `${content.kind}\u0000${content.apiVersion}\u0000${namespace}\u0000${name}`;
  return text(a) < text(b) ? -1 : 1;
};

const row = ({ content, namespace, name, uid, resourceVersion, validFrom, doubt }: Version) => ({
  apiVersion: content.apiVersion,
  kind: content.kind,
  namespace,
  name,
  uid,
  resourceVersion,
  validFrom: formatInstant(validFrom),
  ...(doubt && { doubt: doubt.message }),
});

/** A doubt about many objects. */
type DoubtRow = ReturnType<typeof doubtRow>;

const doubtRow = ({ group, resource, namespace, validFrom, doubt }: Version) => ({
  about: resource === '' ? 'everything' : resourceName({ group, resource }),
  ...(namespace !== '' && { namespace }),
  since: formatInstant(validFrom),
  message: doubt?.message ?? '',
});

async function printJson(at: Instant, state: readonly Version[], doubts: readonly DoubtRow[]): Promise<void> {
  const list = (rows: readonly object[]) => rows.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  const open = doubts.length === 0 ? '' : `,\n  "doubts": [\n${list(doubts)}\n  ]`;
  await write(
    `{\n  "at": ${JSON.stringify(formatInstant(at))},\n  "resources": [\n${list(state.map(row))}\n  ]${open}\n}\n`,
  );
}

async function printTable(state: readonly Version[], doubts: readonly DoubtRow[]): Promise<void> {
  const rows = [
    ['KIND', 'NAMESPACE', 'NAME', 'RESOURCEVERSION', 'VALID FROM'],
    ...state
      .map(row)
      .map(({ kind, namespace, name, resourceVersion, validFrom }) => [
        kind,
        namespace,
        name,
        resourceVersion,
        microsOf(validFrom),
      ]),
  ];
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((cells) => cells[i]!.length)));
  await write(
    `${rows
      .map((cells) =>
        cells
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd(),
      )
      .join(
        '\n',
      )}\n${doubts.map(({ about, namespace, since, message }) => `Not known since ${microsOf(since)}: ${about}${namespace === undefined ? '' : ` in ${namespace}`}. ${message}\n`).join('')}`,
  );
}
