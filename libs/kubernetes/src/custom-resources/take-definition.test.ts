import { expect, test } from 'vitest';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import { whyNotToTake } from './take-definition.ts';

const [own] = customResourceDefinitions();
const text = JSON.stringify(own);
const as = (json: string) => JSON.parse(json) as Parameters<typeof whyNotToTake>[0];

test.each([
  ['this version’s own', as(text), undefined],
  [
    'one that calls a field otherwise',
    as(text.replace('"conditions":', '"states":')),
    /newer.*status\.states/,
  ],
  ['an older one, without a field', as(text.replace('"suspend":', '"schedule":')), undefined],
  [
    'one with a field more',
    as(text.replace('"suspend":', '"retention":{"type":"string"},"suspend":')),
    'it is newer, and knows spec.retention',
  ],
  [
    'Calico Enterprise’s',
    as(text.replace(/A compliance report that is made[^"]*/, 'GlobalReport contains the configuration.')),
    'it is not one of Margay’s',
  ],
  ['none', undefined, 'it is not there'],
])('%s', (_, found, expected) => {
  const why = whyNotToTake(found, own!);
  if (expected instanceof RegExp) expect(why).toMatch(expected);
  else expect(why).toBe(expected);
});
