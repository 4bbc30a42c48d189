import { expect, test } from 'vitest';
import { evidenceWords } from './summary-lines.ts';

const evidence = (sources: object | undefined, midLife = 0) =>
  evidenceWords({
    evidence: {
      firstSeenInMidLife: { total: midLife, listed: [] },
      unreadPolicies: { total: 0, listed: [] },
      sources,
    },
  } as unknown as Parameters<typeof evidenceWords>[0]);

test.each<[string, object | undefined, number, string]>([
  ['complete', { complete: true }, 0, 'complete'],
  ['of no source', undefined, 0, 'unknown'],
  [
    'complete, with flow records that nobody can read',
    { complete: true, flows: { unusable: 4 } },
    0,
    'complete, but: 4 flow records could not be used.',
  ],
  [
    'incomplete',
    { complete: false, reasons: ['A gap.', 'Another.'], flows: { unusable: 2 } },
    3,
    'A gap. Another. 2 flow records could not be used. 3 resources were first seen in mid-life.',
  ],
])('evidence that is %s, in words', (_, sources, midLife, words) => {
  expect(evidence(sources, midLife)).toBe(words);
});
