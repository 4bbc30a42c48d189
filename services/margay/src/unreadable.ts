import { isOfFlows, printedSources, type CoverageMark } from '@margay/coverage';

/** What of each audit log could not be read, a line each: the first of it with its reason, and how many more there are. */
export function unreadableLines(marks: readonly CoverageMark[]): string[] {
  const audit = marks.filter(({ source }) => !isOfFlows(source));
  const printed = printedSources(audit.map(({ source }) => source));
  return [...Map.groupBy(audit, ({ source }) => source)].flatMap(([source, own]) => {
    const first = own.flatMap(({ problems }) => problems).find(({ kind }) => kind === 'unusable');
    if (first === undefined) return [];
    const total = own
      .flatMap(({ timeless, buckets }) => [timeless, ...buckets.map(({ counts }) => counts)])
      .flatMap((counts) => Object.entries(counts))
      .reduce((sum, [outcome, n]) => sum + (outcome.startsWith('unusable:') ? n : 0), 0);
    return [
      unreadableLine({
        where: `${printed.get(source) ?? source}:${first.position}`,
        message: first.message,
        total,
      }),
    ];
  });
}

interface UnreadableEntries {
  readonly where: string;
  readonly message: string;
  /** With the first. */
  readonly total: number;
}

/** What of a log could not be read, in a line. */
export const unreadableLine = ({ where, message, total }: UnreadableEntries): string =>
  `${where}: ${message}${total > 1 ? ` (the first of ${total.toLocaleString('en')} that cannot be read)` : ''}`;
