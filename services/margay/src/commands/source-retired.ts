import { retire, retirementsIn, takeBack, type TellerFact, withRetirements } from '@margay/coverage';
import { formatInstant, type Instant } from '@margay/ground';
import type { Stores } from '@margay/storage';
import { say, UsageError } from '@margay/terminal';
import { Command, Option } from 'commander';
import { connectStoresToWrite } from '../connections.ts';
import { instantOption, wordsOption } from '../options.ts';

interface Options {
  readonly by: string;
  readonly because: string;
  readonly from?: Instant;
  readonly takeBack?: true;
  readonly data?: string;
}

/** What somebody says of some sources. */
interface Said extends Pick<Options, 'by' | 'because'> {
  readonly from: Instant;
  readonly said: Instant;
}

/** `margay source-retired`: that sources are out of service for good, so that their silence is no gap from then on. */
export function sourceRetiredCommand(): Command {
  return new Command('source-retired')
    .argument('<source...>', 'as the page Coverage and /api/v1/coverage call them')
    .requiredOption('--by <who>', 'who says so; it stands in reports', wordsOption)
    .requiredOption('--because <words>', 'what became of them; it stands in reports', wordsOption)
    .option(
      '--from <time>',
      'from when on they tell nothing, RFC 3339; now unless given. Behind all that they told',
      instantOption,
    )
    .addOption(
      new Option(
        '--take-back',
        'it was wrong to say so: their silence counts as ever, as if nobody had said it',
      ).conflicts('from'),
    )
    .option(
      '--data <dir>',
      'folder of margay up, which must not run; the Elasticsearch of ELASTICSEARCH_URLS unless given',
    )
    .addHelpText(
      'after',
      `
Where an audit log, a sender of a webhook, an ingestor with its watches, or a flow log was taken out of service for good, its silence is a gap
of every later window. Take it out first, then say so here. From then on its silence is no gap where others tell:

  - What it left untold between its last word and then is a gap as ever; lists that were taken since settle it (margay baseline).
  - Where it was the last of its sort, nobody tells: windows are not complete until another one does.
  - Where canaries go on being written through its API server, another log has to deliver them.
  - Where it tells something again, it was not gone, and its silence counts as ever. Give a server that comes back a source of its own.

Reports say who said so, when and why. Where that was wrong, --take-back says so, with a name and a reason of its own: both stand in reports behind it,
and those that were made meanwhile are marked, so that they can be revised. CLUSTER_NAME says of which cluster the source is.

Example:
  margay source-retired webhook:kube-3 --by ann --because 'the API server was replaced, ticket 1234' --from 2026-11-20T10:00:00Z
  margay source-retired webhook:kube-3 --take-back --by ben --because 'it was kube-4, ticket 1240'`,
    )
    .action(async (sources: string[], { data, from, takeBack: isWrong, ...who }: Options) => {
      const { stores } = await connectStoresToWrite(data);
      try {
        const said = Date.now() * 1_000;
        const lines =
          isWrong === true
            ? await sayTakenBack(stores, sources, { ...who, said })
            : await sayRetired(stores, sources, { ...who, from: from ?? said, said });
        say(lines.join(''));
      } finally {
        await stores.close();
      }
    });
}

/** @returns a line of each source. @throws UsageError where one cannot be retired: then none is. */
const sayRetired = (stores: Stores, sources: readonly string[], said: Said): Promise<string[]> =>
  remembered(stores, sources, (delivered, name) => {
    const retired = retire(delivered, { name, ...said });
    return 'refused' in retired ? retired : { ...retired, line: lineOf(name, said, retired) };
  });

/** @returns a line of each source. @throws UsageError where one is not retired: then nothing is taken back. */
const sayTakenBack = (
  stores: Stores,
  sources: readonly string[],
  word: Omit<Said, 'from'>,
): Promise<string[]> =>
  remembered(stores, sources, (delivered, name) => {
    const taken = takeBack(delivered, { name, ...word });
    if ('refused' in taken) return taken;
    return { ...taken, line: `The silence of ${name} counts as ever, as if it had never been retired.\n` };
  });

/** What there is to be remembered of a source, with what to say of it; or why there is nothing. */
type Judged = { readonly facts: readonly TellerFact[]; readonly line: string } | { readonly refused: string };

/** Remembers of all sources what is judged of each by what was said before, or nothing. */
async function remembered(
  { coverage, tellers }: Stores,
  sources: readonly string[],
  judge: (delivered: Awaited<ReturnType<Stores['coverage']['deliveries']>>, name: string) => Judged,
): Promise<string[]> {
  const delivered = await coverage.deliveries();
  const facts = [...(await tellers.facts())];
  const known = facts.length;
  const lines = sources.map((name) => {
    const judged = judge(withRetirements(delivered, retirementsIn(facts)), name);
    if ('refused' in judged) throw new UsageError(`${judged.refused} Nothing was changed.`);
    facts.push(...judged.facts);
    return judged.line;
  });
  await tellers.append(facts.slice(known));
  return lines;
}

function lineOf(
  name: string,
  { from }: Said,
  { last, others }: { readonly last?: Instant; readonly others: number },
): string {
  const words = [
    `The silence of ${name} is no gap from ${formatInstant(from)} on.`,
    ...(last === undefined
      ? []
      : [
          `Its last word was of ${formatInstant(last)}: what it left untold between is a gap as ever, where that is longer than its rhythm allows, until lists show the cluster (margay baseline).`,
        ]),
    ...(others > 0
      ? []
      : ['No other source of its sort is left: windows behind that are not complete until one tells.']),
  ];
  return `${words.join(' ')}\n`;
}
