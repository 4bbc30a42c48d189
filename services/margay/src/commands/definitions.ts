import { findConnection, KubernetesClient, takeDefinition } from '@margay/kubernetes';
import { write } from '@margay/terminal';
import { Command, InvalidArgumentError } from 'commander';

interface Options {
  readonly release: { readonly namespace: string; readonly name: string };
  readonly kubeconfig?: string;
}

/** `margay definitions`: what the chart's hook does. */
export function definitionsCommand(): Command {
  return new Command('definitions')
    .argument('<name...>', 'definitions that are there: globalreports.GROUP, globalreporttypes.GROUP')
    .requiredOption('--release <namespace/name>', 'the release that takes them', releaseOption)
    .option('--kubeconfig <file>', 'of the cluster; KUBECONFIG or the pod’s service account unless given')
    .addHelpText(
      'after',
      `
The chart's hook does this where definitions of Margay's belong to no release: a chart before them, kubectl or an uninstalled release left them.
One that is not Margay's, or newer, stays as it is. Doing so again changes nothing.

Example:
  margay definitions globalreports.projectcalico.org globalreporttypes.projectcalico.org --release margay/margay`,
    )
    .action(async (names: string[], { release, kubeconfig }: Options) => {
      const client = new KubernetesClient(await findConnection(process.env, kubeconfig));
      try {
        for (const name of names) await write(`${(await takeDefinition(client, name, release)).message}\n`);
      } finally {
        client.close();
      }
    });
}

function releaseOption(text: string): Options['release'] {
  const [namespace, name, ...more] = text.split('/');
  if (!namespace || !name || more.length > 0)
    throw new InvalidArgumentError('use NAMESPACE/NAME, as helm list shows them.');
  return { namespace, name };
}
