import { expect, test } from 'vitest';
import { proofWords } from './proof-words.ts';

const server = 'a:6443';
const watch = (kind: string, grade: 'proven' | 'gaps' = 'proven') => ({ source: `watch/${kind}@m`, grade });

test.each<[why: string, told: Parameters<typeof proofWords>[0], words: string[]]>([
  ['nothing was said', null, []],
  ['a log without canaries', { sources: [{ source: 'audit.log', grade: 'no gap seen' }] }, []],
  [
    'watches, of which one has a gap',
    { sources: [watch('pods'), watch('networkpolicies.networking.k8s.io'), watch('services', 'gaps')] },
    ['Watched without a gap throughout the window: networkpolicies.networking.k8s.io, pods.'],
  ],
  [
    'more kinds than a sentence has',
    { sources: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((kind) => watch(kind)) },
    ['Watched without a gap throughout the window: a, b, c, d, e, f and 2 more kinds.'],
  ],
  [
    'a log in which all came',
    { canaries: [{ server, provenBy: ['audit.log'], seenBy: ['audit.log'] }] },
    ['Canaries that all came prove that audit.log told all of the API server a:6443 throughout the window.'],
  ],
  [
    'one in which some came',
    { canaries: [{ server, provenBy: [], seenBy: ['audit.log'], notWritten: 'It is forbidden.' }] },
    [
      'Canaries through the API server a:6443 prove no source throughout the window: they came in audit.log, but not throughout.',
      'Not all canaries could be written through the API server a:6443: It is forbidden.',
    ],
  ],
  [
    'none in which any came',
    { canaries: [{ server, provenBy: [], seenBy: [] }] },
    ['Canaries through the API server a:6443 prove no source throughout the window: they came in no source.'],
  ],
])('what proves it: %s', (_, told, words) => {
  expect(proofWords(told)).toEqual(words);
});
