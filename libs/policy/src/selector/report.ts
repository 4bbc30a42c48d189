import { SelectorError } from './error.ts';
import { labelsOfRecord, tryParseSelector } from './selector.ts';

/** What a selector is and whether it matches, or what is wrong with it. */
export type SelectorReport =
  | { readonly valid: true; readonly canonical: string; readonly id: string; readonly matches: boolean }
  | { readonly valid: false; readonly error: string; readonly position: number };

/** Reads a selector and evaluates it on labels. Never throws. */
export function selectorReport(selector: string, labels: Readonly<Record<string, unknown>>): SelectorReport {
  const parsed = tryParseSelector(selector);
  if (parsed instanceof SelectorError)
    return { valid: false, error: parsed.message, position: parsed.position };
  const { canonical, id } = parsed;
  return { valid: true, canonical, id, matches: parsed.matches(labelsOfRecord(labels)) };
}
