import { refused } from '@margay/runtime';

const LENGTH_MAX = 2_000;
/** Any name will do to see whether an address leads away from it. */
const HERE = 'http://here.invalid';

/**
 * The page of this installation that somebody wants to come back to.
 *
 * @throws Problem 400 for an address that browsers would take for one elsewhere.
 */
export function ownPage(asked: string | undefined): string {
  if (asked === undefined || asked === '') return '/';
  const isPath = /^\/(?![/\\])[^\\\s]*$/.test(asked) && asked.length <= LENGTH_MAX;
  const page = isPath && URL.canParse(asked, HERE) ? new URL(asked, HERE) : undefined;
  if (page?.origin !== HERE || page.pathname.startsWith('//'))
    throw refused('return: it is no page of this installation: give a path, like /#/coverage');
  const found = `${page.pathname}${page.search}${page.hash}`;
  if (found.length > LENGTH_MAX) throw refused(`return: it has more than ${LENGTH_MAX} characters`);
  return found;
}
