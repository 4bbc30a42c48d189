import { watchedKind, type Evidence } from '@margay/coverage';
import { resourceName, sortedOnce } from '@margay/ground';

/** What of the evidence the words rest on: less of it in reports of older releases. */
type Told = Partial<Pick<Evidence, 'canaries'>> & {
  readonly sources?: readonly Partial<Evidence['sources'][number]>[];
};

/** How many kinds the sentence has. */
const KINDS_IN_WORDS = 6;

/**
 * What proves that sources delivered all that there was, and where canaries were written and prove nothing, a sentence each; empty
 * where there was neither a watch without a gap nor a canary.
 */
export function proofWords(told: Told | null | undefined): string[] {
  const { sources = [], canaries = [] } = told ?? {};
  return [...watchWords(sources), ...canaries.flatMap(canaryWords)];
}

function watchWords(sources: NonNullable<Told['sources']>): string[] {
  const kinds = sortedOnce(
    sources
      .filter(({ grade }) => grade === 'proven')
      .flatMap(({ source = '' }) => watchedKind(source) ?? [])
      .map(resourceName),
  );
  if (kinds.length === 0) return [];
  const more = kinds.length - KINDS_IN_WORDS;
  const names = kinds.slice(0, KINDS_IN_WORDS).join(', ');
  return [
    `Watched without a gap throughout the window: ${names}${more > 0 ? ` and ${more} more kinds` : ''}.`,
  ];
}

function canaryWords({
  server,
  provenBy,
  seenBy,
  notWritten,
}: NonNullable<Told['canaries']>[number]): string[] {
  const came =
    seenBy.length === 0 ? 'they came in no source' : `they came in ${seenBy.join(', ')}, but not throughout`;
  return [
    provenBy.length > 0
      ? `Canaries that all came prove that ${provenBy.join(', ')} told all of the API server ${server} throughout the window.`
      : `Canaries through the API server ${server} prove no source throughout the window: ${came}.`,
    ...(notWritten === undefined
      ? []
      : [`Not all canaries could be written through the API server ${server}: ${notWritten}`]),
  ];
}
