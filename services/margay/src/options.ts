import { titlesOf, type FlowFormat } from '@margay/flows';
import { networksProblem, PRIVATE_NETWORKS } from '@margay/policy';
import { InvalidArgumentError, Option } from 'commander';
import { formatInstant, type Instant, parseInstant } from '@margay/ground';
import { UsageError } from '@margay/terminal';

/** An instant from an option's text. */
export function instantOption(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === undefined) {
    throw new InvalidArgumentError('It is no RFC 3339 time: write it like 2026-11-24T00:00:00Z.');
  }
  return instant;
}

/** A list from an option's text: `a,b`. */
export const listOption = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** `--private-networks`, for every command that works out flags; the services' variable gives it too. */
export const privateNetworksOption = (): Option =>
  new Option(
    '--private-networks <networks>',
    `networks that do not count as the internet: a,b; ${PRIVATE_NETWORKS.join(', ')} unless given`,
  )
    .env('PRIVATE_NETWORKS')
    .argParser(networksOf);

/** An empty text stands for the default, as an empty variable of a service does. */
function networksOf(text: string): readonly string[] {
  const networks = listOption(text);
  const problem = networksProblem(networks);
  if (problem !== undefined) throw new InvalidArgumentError(`${problem}.`);
  return networks.length > 0 ? networks : PRIVATE_NETWORKS;
}

/** `--baseline` and what belongs to it, for every command that takes lists of the cluster; see `baselineFilesOf`. */
export const BASELINE = {
  files: (): Option =>
    new Option(
      '--baseline <file...>',
      'lists of the cluster, as kubectl get … -A -o json writes them: what the log does not tell of their kinds',
    ),
  at: (): Option =>
    new Option('--baseline-at <time>', 'when they were taken, RFC 3339').argParser(instantOption),
  kinds: (): Option =>
    new Option(
      '--baseline-kinds <resources>',
      'kinds that were listed although there may be nothing of them: networkpolicies,services',
    ).argParser(listOption),
};

/** What `--flow-log` takes, for its help. */
export const flowLogsTaken = (formats?: readonly FlowFormat[]): string => `${titlesOf(formats)} (JSON lines)`;

/** @throws UsageError when the window ends before, or when, it begins. */
export function checkWindow(start: Instant, end: Instant): void {
  if (start < end) return;
  throw new UsageError(
    `The window ends at ${formatInstant(end)}, which is not after its start ${formatInstant(start)}: give a later --end or an earlier --start`,
  );
}

/** One line that can be read. */
export function wordsOption(text: string): string {
  const line = text.trim();
  if (!/^\P{C}{1,500}$/u.test(line))
    throw new InvalidArgumentError('It must be one line of 1 to 500 characters.');
  return line;
}
