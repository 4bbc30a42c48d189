import { jsonOf } from '@margay/ground';
import { ApiUnreachableError } from './errors.ts';

/** A pod with its status is some ten kilobytes; etcd takes no object beyond 1.5 MB. */
const LINE_CHARACTERS_MAX = 64 * 1024 * 1024;

/**
 * The JSON values of a text that comes in pieces, one a line.
 *
 * The text breaking off within a line throws `ApiUnreachableError`: the line is lost and must be asked for again. So
 * does a line that is no JSON.
 */
export async function* jsonLines(pieces: AsyncIterable<string>): AsyncGenerator {
  let rest: string[] = [];
  let held = 0;
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', start)) {
      rest.push(piece.slice(start, end));
      const line = rest.join('');
      rest = [];
      held = 0;
      start = end + 1;
      if (line.trim() !== '') yield parse(line);
    }
    if (start < piece.length) {
      rest.push(start === 0 ? piece : piece.slice(start));
      held += piece.length - start;
      if (held > LINE_CHARACTERS_MAX) throw new ApiUnreachableError('the watch sent a line without an end');
    }
  }
  if (rest.join('').trim() !== '')
    throw new ApiUnreachableError('the watch broke off in the middle of an event');
}

function parse(line: string): unknown {
  const read = jsonOf(line);
  if ('value' in read) return read.value;
  throw new ApiUnreachableError(`the watch sent a line of ${line.length} characters that is no JSON`);
}
