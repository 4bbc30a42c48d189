import { isFields, type Fields } from '../fields.ts';
import { JsonScanner } from './json-scanner.ts';

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
  try {
    const value: unknown = JSON.parse(`${text.slice(begin, end)}}`);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
