import type { Change } from '../change.ts';
import type { ObjectDoubt } from '../object-doubt.ts';
import type { Version } from '../version.ts';

const WORD =
  /^(?<sign>[+*!&-]?|\?\+?)(?<uid>[A-Z]?)(?:(?<how>[=~:])(?<label>\w+))?@(?:(?<from>\d+)\.\.)?(?<at>\d+)(?:#(?<rv>\d+))?(?:%(?<generation>\d+))?(?:<(?<basedOn>\d+))?$/;

const WITNESSES: Readonly<Record<string, Change['what']>> = { '!': 'absent', '&': 'there' };

const DOUBTS: Readonly<Record<string, Omit<ObjectDoubt, 'message'>>> = {
  gone: { reason: 'no-content', may: 'be-gone' },
  ended: { reason: 'no-content', may: 'be-gone', ends: true },
  differs: { reason: 'no-content', may: 'differ' },
  unknown: { reason: 'outcome-unknown', may: 'be-anything' },
};

/**
 * The changes of one name, told in words, each with the instant of its answer:
 *
 * - `+A=x@1`: object A is created with content x · `A=y@2`: it is seen with content y · `A~z@3`: only its metadata z is
 * - `-A@4`: A is gone · `-A=y@4`: and the answer showed what it was · `-@4`: whatever had the name is gone
 * - `*A=z@3`: its metadata was changed to z, by a patch that shows no more
 * - `?A:differs@4`: A was changed, nobody knows how · `gone`: it may be gone · `ended`: it is gone, unless finalizers keep it
 *   · `unknown`: nobody knows whether it was changed · without A, whatever has the name · `?+:unknown@4`: by its creation
 * - `!@4`: a request found that nothing has the name · `&@4`: that something has
 * - `@2..4`: asked for at 2, answered at 4 (asked for in the instant before, unless told) · `#7`: the resourceVersion,
 *   which is the instant of the answer unless told, and absent on ends
 * - `%3`: its generation · `<4`: the request had to find resourceVersion 4
 */
export function story(text: string): Change[] {
  return text
    .split(' ')
    .filter((word) => word !== '')
    .map((word, i) => {
      const { sign, uid, how, label, from, at = '', rv, generation, basedOn } = WORD.exec(word)?.groups ?? {};
      if (at === '') throw new Error(`"${word}" is no word of a story`);
      const gone = sign === '-';
      const doubt = sign?.startsWith('?') === true ? DOUBTS[label ?? ''] : undefined;
      const isPatch = sign === '*';
      const witness = WITNESSES[sign ?? ''];
      if (how === ':' && doubt === undefined) throw new Error(`"${word}" is no doubt`);
      const resourceVersion =
        rv ?? (gone || isPatch || doubt !== undefined || witness !== undefined ? undefined : at);
      return {
        id: `${word}/${i}`,
        eventId: `${word}/${i}`,
        group: '',
        resource: 'pods',
        namespace: 'shop',
        name: 'web',
        what: witness ?? (doubt !== undefined ? 'doubtful' : isPatch ? 'patched' : gone ? 'gone' : 'present'),
        at: Number(at),
        receivedAt: Number(from ?? Number(at) - 1),
        origin: { source: 'log', position: i },
        ...(uid !== undefined && uid !== '' && { uid }),
        ...(resourceVersion !== undefined && { resourceVersion }),
        ...(generation !== undefined && { generation: Number(generation) }),
        ...(basedOn !== undefined && { basedOn }),
        ...(sign?.endsWith('+') === true && { created: true }),
        ...(doubt !== undefined && { doubt: { ...doubt, message: `${label} at ${at}.` } }),
        ...(isPatch && { doubt: { ...DOUBTS['differs']!, message: `patched at ${at}.` } }),
        ...(label !== undefined &&
          doubt === undefined && {
            content: {
              apiVersion: 'v1',
              kind: 'Pod',
              metadata: {
                name: 'web',
                labels: { is: label },
                ...(label === 'held' && { finalizers: ['f'] }),
              },
              ...(isPatch ? {} : how === '~' ? { metadataOnly: true } : { spec: { of: label } }),
            },
          }),
      } satisfies Change;
    });
}

/**
 * Versions in words: `A=x[1,3)` valid from 1 until 3, `?` before it where its beginning was missed, after it `!` where
 * its own event ended it, else by what it ended. `A=x/y` has metadata x and the rest of y, `A=x/` has no rest. In doubt:
 * `~gone@3` it may be gone since 3, `~differ@3`, `~anything@3`; `=` alone is a name of which nothing else is known.
 */
export const told = (versions: readonly Version[]): string =>
  versions
    .map(({ uid, content, validFrom, validTo = '', endedBy = '', seenMidLife, doubt }) => {
      const open =
        doubt === undefined ? '' : `~${doubt.may.slice(doubt.may.indexOf('-') + 1)}@${doubt.since}`;
      const label = content.metadata.labels?.['is'] ?? '';
      const { of = '' } = (content['spec'] ?? {}) as { of?: string };
      const is = of === label ? label : `${label}/${of}`;
      return `${seenMidLife === true ? '?' : ''}${uid}=${is}[${validFrom},${validTo})${endedBy === 'event' ? '!' : endedBy}${open}`;
    })
    .join(' ');
