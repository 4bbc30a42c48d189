import { formatInstant, type Instant } from '@margay/ground';
import { copyEnded } from '@margay/history';
import type { Stores } from '@margay/storage';
import { say, UsageError } from '@margay/terminal';
import { Command } from 'commander';
import { connectStoresToWrite } from '../connections.ts';
import { wordsOption } from '../options.ts';

interface Options {
  readonly by: string;
  readonly because: string;
  readonly data?: string;
}

/** `margay copy-ended`: that a copy of a cluster, which told its changes under the cluster's name, tells nothing any more. */
export function copyEndedCommand(): Command {
  return new Command('copy-ended')
    .requiredOption('--by <who>', 'who says so; it stands in reports', wordsOption)
    .requiredOption(
      '--because <words>',
      'what was done with the copy, or why there was none; it stands in reports',
      wordsOption,
    )
    .option(
      '--data <dir>',
      'folder of margay up, which must not run; the Elasticsearch of ELASTICSEARCH_URLS unless given',
    )
    .addHelpText(
      'after',
      `
Where two clusters tell their changes under one name and uid, one a copy of the other, everything is in doubt (docs/operating.md). Shut the
copy down or give it a name of its own first, then say so here. What was in doubt until then stays so, for good: nothing that is past can be
settled. It counts from a minute after it is said. From then on each object is open until it is seen again, and a kind until a list
shows what there is of it: give lists (margay baseline). A copy that goes on is found again. Where the copy told by audit logs of
its own, their silence is a gap of every later window under this name: retire them then (margay source-retired).

Example:
  margay copy-ended --by ann --because 'the copy in the test cell was shut down, ticket 1234'`,
    )
    .action(async ({ data, ...who }: Options) => {
      const { stores } = await connectStoresToWrite(data);
      try {
        const at = await sayCopyEnded(stores, { ...who, said: Date.now() * 1_000 });
        say(
          `What the cluster tells from ${formatInstant(at)} on is of one cluster. What was seen before is open until it is seen again: give lists (margay baseline).\n`,
        );
      } finally {
        await stores.close();
      }
    });
}

/** @returns from when on it counts. @throws UsageError where the history has no copy that would have to be ended. */
async function sayCopyEnded({ history }: Stores, said: Parameters<typeof copyEnded>[0]): Promise<Instant> {
  const { doubt } = await history.numbers.copies();
  if (doubt === undefined)
    throw new UsageError(
      'Nothing shows that two clusters tell their changes under this name: nothing was changed.',
    );
  const ended = copyEnded(said);
  if (doubt.since >= ended.at)
    throw new UsageError(
      `The copy told something at ${formatInstant(doubt.since)}, which is later than it is here: a clock is wrong. Nothing was changed.`,
    );
  await history.append([ended]);
  return ended.at;
}
