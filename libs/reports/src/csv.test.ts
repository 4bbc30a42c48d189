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
  // Where lists have semicolons, cells end at them.
  ['in a list, each element counts', ['a', '=b'], "a;'=b"],
  ['the first of a list, too', ['-a', '+b', 'c'], "'-a;'+b;c"],
  ['what looks like a list', 'a;=b', "a;'=b"],
  ['equals first in a line', 'a\n=b', `"a\n'=b"`],
  ['equals and minus within an element', ['a-b', 'c=d'], 'a-b;c=d'],
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
      // Where a spreadsheet may begin a cell, and what it may take for a formula there, character by character.
      const safe = (value: string) =>
        Array.from(value)
          .map((character, i, all) =>
            (i === 0 || ';\n\r'.includes(all[i - 1]!)) && '=+-@\t\r'.includes(character)
              ? `'${character}`
              : character,
          )
          .join('');
      expect(parse(text)).toEqual([['x', 'y'], ...rows.map((row) => row.map(safe))]);
    }),
  );
});
