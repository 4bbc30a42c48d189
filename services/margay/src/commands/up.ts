import { apiServersProblem, DEFAULT_GROUP } from '@margay/kubernetes';
import { REPORT_TYPES } from '@margay/reports';
import { parseGoDuration } from '@margay/runtime';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BASELINE, flowLogsTaken, instantOption, listOption, privateNetworksOption } from '../options.ts';
import type { UpOptions } from '../up/up.ts';

const HELP = `
Without --follow the logs are read to their end, every report runs once over what they cover, and the results are
served until you stop it. With --follow reports run on their schedules (cron, UTC): the end of one window is the start of
the next. Everything survives a kill: a second start goes on where the first one was. With NOTIFY_URL set, finished, failed and
worse reports are posted there (docs/configuration.md, notifier); how people sign in and which proxies stand in front is set by the variables
of the api (docs/configuration.md, api).

Examples:
  margay up
  margay up --cluster my-cluster --audit-log audit.log.gz
  margay up --cluster my-cluster --audit-log /var/log/kubernetes/audit.log --follow --reports ./reports --start-delay 1m
  margay up --watch --kubeconfig ~/.kube/config --cluster my-cluster --reports ./reports --start-delay 1m
  margay up --watch --canary --audit-log /var/log/kubernetes/audit.log --cluster my-cluster`;

/** `margay up`: everything in one process. */
export function upCommand(): Command {
  return new Command('up')
    .option(
      '--data <dir>',
      'folder for everything that is kept, of one cluster; ./data/<cluster> unless given',
    )
    .option('--port <port>', 'port of the page and the API', portOption, 8080)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .addOption(hostsOption())
    .option(
      '--cluster <name>',
      "the cluster's name, printed in reports; to be given with --audit-log and --watch",
    )
    .option('--audit-log <file...>', 'audit logs, or folders of them; the recorded cluster unless given')
    .option('--flow-log <file...>', flowLogsTaken())
    .addOption(BASELINE.files())
    .addOption(BASELINE.at())
    .addOption(BASELINE.kinds())
    .option(
      '--follow',
      'the logs go on growing: follow them through rotations, and run reports on their schedules',
    )
    .option('--watch', 'follow a cluster by list and watch; with --audit-log, too')
    .option(
      '--canary [interval]',
      'with --watch, write a small object through each API server so often (10s to 1m, 30s unless given), to see whether what it tells arrives',
      intervalOption,
    )
    .option(
      '--canary-servers <servers>',
      'with --canary, addresses of the API servers, host:port with commas between them; those of the Service kubernetes unless given',
      serversOption,
    )
    .option(
      '--kubeconfig <file>',
      'of the cluster to watch; KUBECONFIG or the pod’s service account unless given',
    )
    .option(
      '--reports <dir>',
      `folder of GlobalReport manifests; ${[...REPORT_TYPES.keys()].join(', ')} unless given, with --watch the GlobalReports of the cluster`,
    )
    .option(
      '--start-delay <duration>',
      'with --follow, how long after its end a window is reported, as in 30m',
      delayOption,
      delayOption(process.env['TIGERA_COMPLIANCE_JOB_START_DELAY'] ?? '30m'),
    )
    .option(
      '--since <time>',
      'report the windows too that the schedules would have had since then, over the evidence that there is; RFC 3339',
      instantOption,
    )
    .addOption(privateNetworksOption())
    .option('--group <group>', 'API group of GlobalReports', DEFAULT_GROUP)
    .addOption(permissionsOption())
    .addHelpText('after', HELP)
    .action(async (options: Omit<UpOptions, 'canary'> & { canary?: number | true }) => {
      // Only this command needs a server, and loading one takes time.
      const { up } = await import('../up/up.ts');
      await up({ ...options, ...(options.canary === true && { canary: CANARY_INTERVAL }) } as UpOptions);
    });
}

const hostsOption = () =>
  new Option(
    '--hosts <names>',
    'names that it may be opened under beside those of this machine, with commas between them; none unless given, and any with --permissions where it listens on another address',
  ).argParser(listOption);

const permissionsOption = () =>
  new Option(
    '--permissions <how>',
    'who may see what: ask the cluster’s API server, want the token in MARGAY_TOKEN, or ask nobody',
  )
    .choices(['kubernetes', 'token', 'none'])
    .default(process.env['MARGAY_TOKEN'] === undefined ? 'none' : 'token');

/** In milliseconds. */
const CANARY_INTERVAL = 30_000;

function intervalOption(text: string): number {
  const interval = delayOption(text);
  if (interval < 10_000 || interval > 60_000)
    throw new InvalidArgumentError('It is too short or too long: give 10s to 1m.');
  return interval;
}

function serversOption(text: string): readonly string[] {
  const servers = listOption(text);
  const problem = servers.length === 0 ? 'It names no API server' : apiServersProblem(servers);
  if (problem !== undefined) throw new InvalidArgumentError(`${problem}.`);
  return servers;
}

function portOption(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('It is no port: give 0 to 65535.');
  return port;
}

function delayOption(text: string): number {
  try {
    return parseGoDuration(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}
