import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isFields } from '../fields.ts';
import { entriesIn, EntryReader, type Entry } from './index.ts';

/** What is looked for in these logs: `{"n": 1}`. */
const bare = ({ n }: { readonly n?: unknown }) => typeof n === 'number';

/** `1:7` is the value 7 in line 1, `2!` a text that is no JSON, `3?` another object, `4~` what is passed over. */
function shown(entry: Entry): string {
  const { line } = entry;
  if (entry.kind === 'text') return `${line}!`;
  if (entry.kind !== 'value') return `${line}~`;
  return isFields(entry.value) && bare(entry.value) ? `${line}:${String(entry.value['n'])}` : `${line}?`;
}

const said = (text: string) => entriesIn(text, bare).map(shown).join(' ');

const list = (...ns: number[]) => ({ kind: 'EventList', items: ns.map((n) => ({ n, in: { n: [] } })) });

test.each([
  ['one value a line', '{"n":1}\n{"n":2}\n', '1:1 2:2'],
  ['breaks of the other system, blanks and empty lines', ' {"n":1}\r\n\r\n\t{"n":2} \r\n', '1:1 3:2'],
  ['values one behind the other', '{"n":1}{"n":2} {"n":3}\n{"n":4},{"n":5}', '1:1 1:2 1:3 2:4 2:5'],
  ['a value over several lines', '{\n  "n": 1\n}\n{\n  "n": 2\n}\n', '1:1 4:2'],
  ['an indented list', JSON.stringify(list(1, 2), undefined, 2), '4:1 10:2'],
  ['a list whose elements have a line each', '[\n{"n":1},\n{"n":2}\n]\n', '2:1 3:2'],
  ['a list that was put together by hand', '[{"n":1}\n,{"n":2}\n]', '1:1 2:2'],
  ['an indented list in another form', '{"items":\n[{"n":1},\n {"n":2}]}{"n":3}', '2:1 3:2 3:3'],
  ['a list behind a list', '{"items":[\n{"n":1}]}\n{"items":[\n{"n":2}]}', '2:1 4:2'],
  ['an empty list', '{\n  "items": [\n  ]\n}', ''],
  ['byte-order marks', '\uFEFF{"n":1}\n\uFEFF{"n":2}', '1:1 2:2'],
  ['a byte-order mark before a value over several lines', '\uFEFF{\n"n":1}', '1:1'],
  ['text sequences', '\u001e{"n":1}\n\u001e{"n":2}\n', '1:1 2:2'],
  ['a syslog', '<14>Nov 24 01:02:03 cp-1 kube-apiserver[7]: {"n":1}', '1:1'],
  ['what kubectl logs --prefix prints', '[pod/kube-apiserver-1/kube-apiserver] {"n":1}', '1:1'],
  ['what logcli prints', '2026-11-24T01:02:03Z {job="audit", x="{y"} {"n":1}', '1:1'],
  ['lines in Base64', `${Buffer.from('{"n":1}').toString('base64')}\n{"n":2}`, '1:1 2:2'],
  [
    'the API server’s own log in between',
    'I1124 01:02:03.000000       1 trace.go:236] Trace\n{"n":1}',
    '1~ 2:1',
  ],
  ['journalctl -o export', '__CURSOR=s=1\n_HOSTNAME=h\nMESSAGE={"n":1}\n\n', '1~ 2~ 3:1'],
  ['other things', '5\n"x"\nnull\n{"a":1}\n[]', '1? 2? 3? 4?'],
])('%s', (_, text, expected) => {
  expect(said(text)).toBe(expected);
});

test.each([
  ['a line that is cut off in a text', '{"n":1,"a":"b\n{"n":2}', '1! 2:2'],
  ['between two fields', '{"n":1,\n{"n":2}\n{"n":3}', '1! 2:2 3:3'],
  ['behind a field’s name', '{"n":\n{"n":2}\n{"n":3}', '1! 2:2 3:3'],
  ['in a list', '{"items":[{"n":1},\n{"n":2}\n{"n":3}', '1:1 1! 2:2 3:3'],
  ['behind an object', '{"n":1,"a":{"b":2}\n{"n":2}', '1! 2:2'],
  ['as the last', '{"n":1}\n{"n":2,"a":', '1:1 2!'],
  ['two that are cut off', '{"n":1,\n{"n":2,\n{"n":3}', '1! 2! 3:3'],
  ['a list that ends too early', '[\n{"n":1},\n{"n":2},\n{"n":3', '2:1 3:2 4!'],
  ['an indented value that ends too early', '{\n  "n": 1,\n  "a": [\n    {\n      "b": 1\n', '1!'],
  ['and one behind it', '{\n  "n": 1,\n  "a": [\n    {\n{\n  "n": 2\n}\n', '1! 5:2'],
  ['a bracket too many', '{"n":1}}\n{"n":2}', '1:1 1! 2:2'],
  ['text among values', 'hello\n{"n":1}\nhello {"n": \n', '1! 2:1 3!'],
  ['zeros of a crash', `\0\0\0\0{"n":1}\n${'\0'.repeat(5_000)}\n{"n":2}`, '1! 1:1 2! 3:2'],
  ['zeros and rubbish', '\0\u0001\n{"n":2}', '1! 2:2'],
  ['zeros in a value', '{"n":\0 1}\n{"n":2}', '1! 2:2'],
])('%s is told, and what follows is read', (_, text, expected) => {
  expect(said(text)).toBe(expected);
});

test('a list goes on behind an element that is broken', () => {
  const lines = JSON.stringify(list(1, 2, 3), undefined, 2).split('\n');
  const broken = lines.map((line, i) => (i === 10 ? `${line.slice(0, -3)}\0` : line)).join('\n');
  expect(said(broken)).toBe('4:1 10! 16:3');
});

test.each([
  ['containers’ logs', '2026-11-24T01:02:03.4Z stdout F {"n":1}', '1:1'],
  [
    'whose runtime cut a line',
    'T stdout P {"n":\nT stdout P  1\nT stderr F hello\nT stdout F }\nT stdout F {"n":2}',
    '1:1 3! 5:2',
  ],
  ['whose rest is missing', 'T stdout P {"n":', '1!'],
  ['Docker', '{"log":"{\\"n\\":1}\\n","stream":"stdout","time":"x"}', '1:1'],
  [
    'Docker, where it cut a line',
    '{"log":"{\\"n\\"","stream":"stdout"}\n{"log":"hello\\n","stream":"stderr"}\n{"log":":1}\\n","stream":"stdout"}',
    '1:1 2!',
  ],
  [
    'Docker, the breaks taken away',
    '{"log":"{\\"n\\"","stream":"stdout"}\n{"log":":1}","stream":"stdout"}\n{"log":"{\\"n\\":2}","stream":"stdout"}',
    '1:1 3:2',
  ],
  [
    'Docker, the rest missing',
    '{"log":"{\\"n\\"","stream":"stdout"}\n{"log":"{\\"n\\":2}\\n","stream":"stdout"}',
    '1! 2:2',
  ],
])('%s', (_, text, expected) => {
  expect(said(text)).toBe(expected);
});

test('a line that was too long to be kept is told with its length', () => {
  const line = { text: '', number: 7, tooLong: 300_000_008 };
  expect(new EntryReader(bare).take(line)).toMatchObject([
    { line: 7, message: 'A line of 300,000,008 bytes is longer than the limit of 268,435,456 bytes.' },
  ]);
});

/** Texts that are made of what logs are made of. */
const logs = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '\n',
        '{',
        '}',
        '[',
        ']',
        ',',
        '{"n":1}',
        '"a":',
        '{"items":[',
        '    {"n":2}',
        'T stdout P {"n"',
        'T stdout F :3}',
        '"',
        '\\',
        '\0',
        'hello',
        '{"log":"{","stream":"x"}',
      ),
      fc.json({ maxDepth: 2 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

test('a line that is a value by itself is read, whatever stands around it', () => {
  fc.assert(
    fc.property(logs, logs, (before, after) => {
      const entries = entriesIn(`${before}\n{"n":77}\n{"n":77}\n{"n":77}\n${after}`, bare);
      expect(entries.filter((entry) => shown(entry).endsWith(':77')).length).toBeGreaterThanOrEqual(2);
    }),
    { numRuns: 2_000 },
  );
});

test('entries come in the order of their lines, and none is lost at the end', () => {
  fc.assert(
    fc.property(logs, (text) => {
      const reader = new EntryReader(bare);
      const entries = text.split('\n').flatMap((line, i) => reader.take({ text: line, number: i + 1 }));
      entries.push(...reader.end());
      expect(reader.settled).toBe(true);
      const lines = entries.map(({ line }) => line);
      expect(lines).toEqual([...lines].sort((a, b) => a - b));
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['brackets without end', `${'[\n'.repeat(50_000)}`],
  ['braces without end', `${'{\n'.repeat(50_000)}`],
  ['deep in one line', '['.repeat(1_000_000)],
  ['deep and whole', `${'[\n'.repeat(50_000)}${']\n'.repeat(50_000)}`],
  ['fields without end', '{"a":\n'.repeat(50_000)],
  ['values in one line', '{"a":1}'.repeat(200_000)],
  ['escapes', `{"a":"${'\\\\"'.repeat(200_000)}`],
  ['cut lines in pieces', 'T stdout P {"a":\n'.repeat(20_000)],
])('%s take no longer than they are long', (_, text) => {
  const begin = process.cpuUsage();
  expect(entriesIn(text, bare).length).toBeGreaterThan(0);
  expect(process.cpuUsage(begin).user).toBeLessThan(20_000_000);
});

test.each([
  ['an envelope', `{"kind":"EventList","items":[${'{},'.repeat(500_000)}{}]}`, 1],
  ['lines', '{}\n'.repeat(500_001), 500_002],
])('of %s of more than half a million entries what is too much is told of as one', (_, text, count) => {
  const entries = entriesIn(text, () => false);
  expect(entries).toHaveLength(count);
  expect(entries.at(-1)).toMatchObject({ kind: 'unread', reason: 'too-long' });
});
