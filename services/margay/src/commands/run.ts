import { DEFAULT_GROUP, REPORT_END, REPORT_NAME, REPORT_START } from '@margay/kubernetes';
import { UsageError } from '@margay/terminal';
import { Command, Option } from 'commander';
import { apiOption, OWN_API } from '../ask-api.ts';
import { checkWindow, instantOption } from '../options.ts';
import type { RunOptions } from '../run/run-options.ts';
import { runByApi } from '../run/by-api.ts';
import { runByStores } from '../run/by-stores.ts';

/** `margay run`: one run of a report over a window of one's choice, or a revision of one. */
export function runCommand(): Command {
  return new Command('run')
    .argument('[name]', `the GlobalReport; with --revise also the id of a run (env: ${REPORT_NAME})`)
    .addOption(windowOption('--start <time>', 'start of the window, RFC 3339', REPORT_START))
    .addOption(windowOption('--end <time>', 'end of the window, not part of it, RFC 3339', REPORT_END))
    .option('--revise', 'the newest archived report of the name again, from the evidence that there is now')
    .addOption(apiOption())
    .option(
      '--reports <dir>',
      'folder of GlobalReport manifests; those of the cluster unless given',
      process.env['REPORTS_DIRECTORY'],
    )
    .option('--kubeconfig <file>', 'of that cluster; KUBECONFIG or the pod’s service account unless given')
    .option('--group <group>', 'API group of GlobalReports there', DEFAULT_GROUP)
    .option('--wait', 'wait until it is archived or has failed')
    .addHelpText(
      'after',
      `
It asks the Margay that serves at --api: the one that runs here, at http://127.0.0.1:8080, unless given. Where ELASTICSEARCH_URLS
is set and --api is not, it asks the distributed installation itself, whose broker and archive are those of the services'
settings: KAFKA_BROKERS, ELASTICSEARCH_URLS, CLUSTER_NAME and so on (docs/configuration.md).

Without --start and --end the window is that of the schedule as far as it has come, or all the evidence where no schedule is kept.
The run is archived and listed, and does not count for the schedule. A revision stands beside the report that it supersedes.

Examples:
  margay run daily --start 2026-11-23T00:00:00Z --end 2026-11-24T00:00:00Z --wait
  margay run daily --revise --wait`,
    )
    .action(async (given: string | undefined, options: RunOptions) => {
      const name = given || process.env[REPORT_NAME];
      if (!name) throw new UsageError(`Name a GlobalReport, or set ${REPORT_NAME}`);
      const { start, end, revise, api } = options;
      if (start !== undefined && end !== undefined) checkWindow(start, end);
      if (revise && (start !== undefined || end !== undefined))
        throw new UsageError(
          'A revision has the window of the report that it supersedes: give the id of that run (margay runs lists them) instead of --start and --end',
        );
      const isDirect = api === undefined && process.env['ELASTICSEARCH_URLS'] !== undefined;
      await (isDirect ? runByStores(name, options) : runByApi(api ?? OWN_API, name, options));
    });
}

/** An instant that a pod has as a variable. */
const windowOption = (flags: string, about: string, variable: string): Option =>
  new Option(flags, about).env(variable).argParser(instantOption);
