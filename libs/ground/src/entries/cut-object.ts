import { isFields, type Fields } from '../fields.ts';
import { JsonScanner } from './json-scanner.ts';
import { jsonOf } from './json-text.ts';

/** What a JSON object that was cut off still says: the fields before the one that the cut went through. */
export function cutObject(text: string): Fields | undefined {
  const begin = text.indexOf('{');
  if (begin < 0) return undefined;
  let end = begin + 1;
  const scanner = new JsonScanner({
    comma(at, depth) {
      if (depth === 1) end = at;
    },
  });
  if (scanner.scan(text, begin).kind === 'whole') return undefined;
  const read = jsonOf(`${text.slice(begin, end)}}`);
  return 'value' in read && isFields(read.value) ? read.value : undefined;
}
