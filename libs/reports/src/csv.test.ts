import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cell, csv } from './csv.ts';

const line = (cell: Cell): string => [...csv([['h', () => cell]], [0])][1]?.slice(0, -1) ?? '';

test.each<[why: string, cell: Cell, text: string]>([
  ['plain', 'Pod.v1(shop/web-1)', 'Pod.v1(shop/web-1)'],
  ['quotes', 'soc2 == "true"', '"soc2 == ""true"""'],
  ['commas', "app in {'a','b'}", `"app in {'a','b'}"`],
  ['line feed', 'a\nb', '"a\nb"'],
  ['a list', ['a', 'b'], 'a;b'],
  ['an empty list', [], ''],
  ['true', true, 'true'],
  ['false', false, 'false'],
  ['nought', 0, '0'],
  ['a negative number stays a number', -1, '-1'],
  ['a selector that starts with !', '!has(x)', '!has(x)'],
  ['equals first', '=1+1', "'=1+1"],
  ['plus first', '+1', "'+1"],
  ['minus first', '-1', "'-1"],
  ['at first', '@x', "'@x"],
  ['tab first', '\tx', "'\tx"],
  ['return first', '\rx', `"'\rx"`],
  ['equals first, with quotes', '=a("b")', `"'=a(""b"")"`],
  ['in a list, only the cell counts', ['a', '=b'], 'a;=b'],
])('%s', (_, cell, text) => expect(line(cell)).toBe(text));

/** RFC 4180, character by character. */
function parse(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted && c === '"' && text[i + 1] === '"') cell += text[++i];
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === ',') {
      row.push(cell);
      cell = '';
    } else if (!quoted && c === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
    } else cell += c;
  }
  return rows;
}

test('every table can be read back', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ';', '=', 'é', '😀') });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell)), (rows) => {
      const text = [
        ...csv<[string, string]>(
          [
            ['x', ([a]) => a],
            ['y', ([, b]) => b],
          ],
          rows,
        ),
      ].join('');
      const safe = (value: string) => (/^[=+\-@\t\r]/.test(value) ? `'${value}` : value);
      expect(parse(text)).toEqual([['x', 'y'], ...rows.map((row) => row.map(safe))]);
    }),
  );
});
