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

const silent = (source: string, seconds: number) => ({
  source,
  longestSilence: { seconds },
  allowedSilence: 30,
});

test.each<[string, object | undefined, number, string]>([
  [
    'complete',
    { complete: true, grade: 'no gap seen', sources: [silent('audit.log', 12.04)] },
    0,
    'complete: no gap seen, longest silence 12 s of 30 s that its rhythm allows',
  ],
  ['proven', { complete: true, grade: 'proven', sources: [] }, 0, 'complete: proven'],
  ['of no source', undefined, 0, 'not known'],
  ['of a release without grades', { complete: true }, 0, 'not known'],
  [
    'complete, with flow records that nobody can read',
    { complete: true, grade: 'no gap seen', flows: { unusable: 4 } },
    0,
    'complete: no gap seen. 4 flow records could not be used.',
  ],
  [
    'without a gap, but in doubt',
    { complete: false, grade: 'no gap seen', reasons: ['One thing is not known.'] },
    0,
    'no gap seen, something is left open. One thing is not known.',
  ],
  [
    'with gaps',
    {
      complete: false,
      grade: 'gaps',
      sources: [silent('a', 2), silent('b', 21_660)],
      reasons: ['A gap.', 'Another.'],
      flows: { unusable: 2 },
    },
    3,
    'gaps, longest silence 6 h 1 min of 30 s that its rhythm allows (b). A gap. Another. 3 resources were first seen in mid-life.',
  ],
])('evidence that is %s, in words', (_, sources, midLife, words) => {
  expect(evidence(sources, midLife)).toBe(words);
});
