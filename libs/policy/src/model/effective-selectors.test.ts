import { describe, expect, test } from 'vitest';
import { parseSelector } from '../index.ts';
import { NO_SELECTORS, type PeerSelectors, positivePeerText } from './peer.ts';
import { type SubjectSelectors, subjectText } from './subject.ts';

const canonical = (text: string) => (text === '' ? '' : parseSelector(text).canonical);

describe('whom a policy governs', () => {
  const subject = (given: Partial<SubjectSelectors>) =>
    subjectText({ selector: '', namespaceSelector: '', serviceAccountSelector: '', namespace: '', ...given });
  const n = { namespace: 'n' };
  const HAS_NAMESPACE = 'has(projectcalico.org/namespace)';
  const HAS_ACCOUNT = 'has(projectcalico.org/serviceaccount)';

  test.each<[Partial<SubjectSelectors>, string, string]>([
    [n, "projectcalico.org/namespace == 'n'", ''],
    [{ ...n, selector: 'S == ""' }, `(S == "") && projectcalico.org/namespace == 'n'`, ''],
    [
      { ...n, selector: 'has(s)', serviceAccountSelector: "r == 'x'" },
      `((has(s)) && projectcalico.org/namespace == 'n') && pcsa.r == "x"`,
      '',
    ],
    [
      { ...n, serviceAccountSelector: 'all()' },
      `(projectcalico.org/namespace == 'n') && all()`,
      'namespaced policies are not rewritten',
    ],
    [{}, '', 'pods and host endpoints'],
    [{ selector: 'has(s)' }, 'has(s)', ''],
    [{ selector: 'all()' }, 'all()', ''],
    [{ namespaceSelector: "env == 'x'" }, 'pcns.env == "x"', ''],
    [{ namespaceSelector: 'all()' }, HAS_NAMESPACE, ''],
    [{ selector: 'has(s)', namespaceSelector: "env == 'x'" }, `(has(s)) && pcns.env == "x"`, ''],
    [{ selector: 'all()', namespaceSelector: "env == 'x'" }, `(${HAS_NAMESPACE}) && pcns.env == "x"`, ''],
    [
      { selector: 'all( )', namespaceSelector: "env == 'x'" },
      `(all( )) && pcns.env == "x"`,
      'only the exact text',
    ],
    [{ selector: 'all()', serviceAccountSelector: "r == 'x'" }, `(${HAS_ACCOUNT}) && pcsa.r == "x"`, ''],
    [{ serviceAccountSelector: 'all()' }, HAS_ACCOUNT, ''],
    [
      { selector: 'all()', namespaceSelector: 'all()', serviceAccountSelector: 'all()' },
      `((${HAS_NAMESPACE}) && ${HAS_NAMESPACE}) && ${HAS_ACCOUNT}`,
      'the namespace comes first',
    ],
    [
      { selector: '!all()', namespaceSelector: '!has(env)' },
      `(!${HAS_NAMESPACE}) && !has(pcns.env)`,
      'host endpoints',
    ],
    [
      { selector: "a == 'all()'", namespaceSelector: 'has(env)' },
      `(a == '${HAS_NAMESPACE}') && has(pcns.env)`,
      'even inside a string',
    ],
    [{ namespaceSelector: 'global()' }, 'global()', 'just true'],
    [
      { namespaceSelector: "a == 'b' || c == 'd'", selector: 'has(s)' },
      '(has(s)) && (pcns.a == "b" || pcns.c == "d")',
      '',
    ],
  ])('%j → %s %s', (given, expected) => expect(subject(given)).toBe(expected));
});

describe('whom a rule speaks of', () => {
  const peer = (given: Partial<PeerSelectors>, namespace: string) =>
    canonical(positivePeerText({ ...NO_SELECTORS, ...given }, namespace));
  const OWN = 'projectcalico.org/namespace == "n1"';

  test.each<[Partial<PeerSelectors>, string, string]>([
    [{}, '', 'any address'],
    [{ selector: 'has(s)' }, `(${OWN} && has(s))`, ''],
    [{ selector: 'all()' }, `(${OWN} && all())`, ''],
    [{ notSelector: 'has(x)' }, OWN, 'limited to the own namespace'],
    [
      { namespaceSelector: 'all()' },
      'has(projectcalico.org/namespace)',
      'any pod or network set of any namespace',
    ],
    [
      { namespaceSelector: 'global()', selector: 'has(s)' },
      '(!has(projectcalico.org/namespace) && has(s))',
      'global network sets and host endpoints',
    ],
    [{ namespaceSelector: '!all()' }, '!has(projectcalico.org/namespace)', 'the same as global()'],
    [
      { namespaceSelector: "env != 'prod'" },
      'pcns.env != "prod"',
      'host endpoints and global network sets too',
    ],
    [
      { serviceAccountNames: ['s2', 's1'] },
      `(${OWN} && projectcalico.org/serviceaccount in {"s1", "s2"})`,
      '',
    ],
    [{ serviceAccountSelector: 'all()' }, `(${OWN} && all())`, 'not limited to items with a service account'],
    [
      { serviceAccountSelector: "r == 'x'", serviceAccountNames: ['s'], selector: 'has(s)' },
      `(${OWN} && ((pcsa.r == "x" && projectcalico.org/serviceaccount in {"s"}) && has(s)))`,
      '',
    ],
    [
      { selector: "projectcalico.org/namespace == 'n2'" },
      `(${OWN} && projectcalico.org/namespace == "n2")`,
      'matches nothing',
    ],
    [{ selector: "a == 'b' || c == 'd'" }, `(${OWN} && (a == "b" || c == "d"))`, ''],
  ])('in a policy of n1: %j → %s %s', (given, expected) => expect(peer(given, 'n1')).toBe(expected));

  test.each<[Partial<PeerSelectors>, string, string]>([
    [{}, '', ''],
    [{ selector: 'has(s)' }, 'has(s)', ''],
    [{ notSelector: 'has(x)' }, '', 'nothing positive: outside addresses too'],
    [{ serviceAccountNames: ['s'] }, 'projectcalico.org/serviceaccount in {"s"}', 'in every namespace'],
    [{ namespaceSelector: "env == 'x'", selector: 'has(s)' }, '(pcns.env == "x" && has(s))', ''],
  ])('in a cluster-wide policy: %j → %s %s', (given, expected) => expect(peer(given, '')).toBe(expected));
});
