import {
  DEFAULT_GROUP,
  findConnection,
  findingsOf,
  KubernetesClient,
  lookAtGroups,
} from '@margay/kubernetes';
import { FAILED, write } from '@margay/terminal';
import { Command } from 'commander';

interface Options {
  readonly group: string;
  readonly kubeconfig?: string;
}

/** `margay check`: whether GlobalReports and Calico can be beside each other in a cluster. */
export function checkCommand(): Command {
  return new Command('check')
    .option('--group <group>', 'API group that GlobalReports are to have', DEFAULT_GROUP)
    .option('--kubeconfig <file>', 'of the cluster; KUBECONFIG or the pod’s service account unless given')
    .addHelpText(
      'after',
      `
Says who serves the API group of GlobalReports, whether their definitions are there, and what these drop. Ends with 1 where something keeps
GlobalReports, or Calico, from working. Nothing is written.

Example:
  margay check --kubeconfig ~/.kube/config --group margay.io`,
    )
    .action(async ({ group, kubeconfig }: Options, command: Command & { exitCode?: number }) => {
      const client = new KubernetesClient(await findConnection(process.env, kubeconfig));
      try {
        const findings = findingsOf(await lookAtGroups(client, group), group);
        for (const { isProblem, message } of findings)
          await write(`${isProblem ? 'PROBLEM: ' : ''}${message}\n`);
        if (findings.some(({ isProblem }) => isProblem)) command.exitCode = FAILED;
        else await write(`GlobalReports of ${group}/v3 can be used in this cluster.\n`);
      } finally {
        client.close();
      }
    });
}
