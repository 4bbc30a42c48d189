import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSelector, SelectorError } from '../index.ts';
import { selectorText } from '../testing/arbitrary.ts';

const error = (text: string): SelectorError => {
  try {
    parseSelector(text);
  } catch (caught) {
    if (caught instanceof SelectorError) return caught;
    throw caught;
  }
  throw new Error(`${JSON.stringify(text)} was read`);
};
const long = (length: number) => 'l'.repeat(length);

test.each([
  ['', 'all()', 'nothing means everything'],
  [' \t ', 'all()', 'blanks and tabs are nothing'],
  ["a=='b'", 'a == "b"', 'no blanks are needed around operators'],
  ["a != 'b'", 'a != "b"', ''],
  ["a contains 'b'", 'a contains "b"', ''],
  ["a contains'b'", 'a contains "b"', 'a word operator needs no blank before its string'],
  ["a starts with 'b'", 'a starts with "b"', ''],
  ["a startswith 'b'", 'a starts with "b"', 'the alias prints with its blank'],
  ["a starts \t with'b'", 'a starts with "b"', 'any blanks between the words'],
  ["a endswith 'b'", 'a ends with "b"', ''],
  ["a in{'x'}", 'a in {"x"}', 'no blank is needed before a set'],
  ["a notin {'x'}", 'a not in {"x"}', ''],
  ["a not   in {'x'}", 'a not in {"x"}', ''],
  ["a in {'b','a','b'}", 'a in {"a", "b"}', 'sets are sorted and lose repeats'],
  ['a in {}', 'a in {}', 'a set may be empty'],
  ["a in {'x',}", 'a in {"x"}', 'one trailing comma'],
  ["a in { 'x' , 'y' }", 'a in {"x", "y"}', ''],
  ["a in {'｡','😀'}", 'a in {"｡", "😀"}', 'sorted by UTF-8 bytes, not by UTF-16 units'],
  ["a in {'😀','｡','z','é'}", 'a in {"z", "é", "｡", "😀"}', ''],
  ['has( a )', 'has(a)', ''],
  ['all( )', 'all()', ''],
  ['global(\t)', 'global()', ''],
  ["all == 'x'", 'all == "x"', 'a word without its parenthesis is a label'],
  ["has == 'x'", 'has == "x"', ''],
  ["hasfoo == 'x'", 'hasfoo == "x"', ''],
  ["global in {'x'}", 'global in {"x"}', ''],
  ["in in {'x'}", 'in in {"x"}', 'word operators are words only behind a label'],
  ["contains contains 'on'", 'contains contains "on"', ''],
  ["not not in {'x'}", 'not not in {"x"}', ''],
  ["0 == '1'", '0 == "1"', 'labels may be all digits'],
  ["./- == '1'", './- == "1"', ''],
  ["_a.b/c-D9 == '1'", '_a.b/c-D9 == "1"', ''],
  [`a == 'x\\y'`, 'a == "x\\y"', 'no escapes: a backslash is itself'],
  [`a == 'say "hi"'`, `a == 'say "hi"'`, 'quotes change when the value holds them'],
  [`a == "it's"`, `a == "it's"`, ''],
  ["a == ''", 'a == ""', ''],
  ["a == 'line\nbreak'", 'a == "line\nbreak"', 'a string may hold anything'],
  ["!a == 'b' && c == 'd'", '(!a == "b" && c == "d")', '! binds tighter than &&'],
  ["!(a == 'b')", '!a == "b"', ''],
  ["!!a == 'b'", 'a == "b"', 'two ! cancel out'],
  ["! ! !a == 'b'", '!a == "b"', ''],
  ["!(!(a == 'b'))", '!!a == "b"', 'but not across parentheses'],
  ["!a != 'b'", '!a != "b"', ''],
  ["((a == 'b'))", 'a == "b"', 'redundant parentheses vanish'],
  ["a == 'b' && c == 'd' && e == 'f'", '(a == "b" && c == "d" && e == "f")', ''],
  ["(a == 'b' && c == 'd') && e == 'f'", '((a == "b" && c == "d") && e == "f")', 'nesting stays'],
  ["a == 'b' || c == 'd' && e == 'f'", '(a == "b" || (c == "d" && e == "f"))', '&& binds tighter than ||'],
  ["a == 'b' && a == 'b'", '(a == "b" && a == "b")', 'repeats stay'],
  ['has(a)&&!has(b)||all()', '((has(a) && !has(b)) || all())', ''],
  [`${long(512)} == 'x'`, `${long(512)} == "x"`, 'the longest label'],
  [`has(${long(512)})`, `has(${long(512)})`, ''],
  ["__proto__ == 'x' || has(constructor)", '(__proto__ == "x" || has(constructor))', ''],
])('%j is read as %j %s', (text, canonical) => {
  expect(parseSelector(text).canonical).toBe(canonical);
});

test.each([
  ["a == 'b'\n", 8, 'a newline is no blank'],
  ["a ==\r'b'", 4, ''],
  ["\u00a0a == 'b'", 0, 'a no-break space is no blank'],
  ['has (a)', 4, 'the parenthesis must follow the word directly'],
  ['all ()', 4, ''],
  ['Has(a)', 3, 'functions are lower case'],
  ["a IN {'x'}", 2, 'operators are lower case'],
  ["a = 'b'", 2, ''],
  ['a & b', 2, ''],
  ['has(a) & has(b)', 7, ''],
  ['has(a) | has(b)', 7, ''],
  ["a ! = 'b'", 2, ''],
  ["a !in {'x'}", 2, ''],
  ["!= 'b'", 0, ''],
  ['a not in b', 9, ''],
  ['a in b', 5, ''],
  ["a inx {'x'}", 2, 'a word that goes on is no operator'],
  ["a containsx 'y'", 2, ''],
  ["a starts 'y'", 2, ''],
  ["a equals 'y'", 2, ''],
  ["a:b == 'x'", 1, ''],
  ["é == 'x'", 0, ''],
  ["a@b == 'x'", 1, ''],
  [`${long(513)} == 'x'`, 0, 'one character too long'],
  [`has(${long(513)})`, 4, ''],
  ["a in {,'x'}", 6, 'a leading comma'],
  ["a in {'x',,'y'}", 10, 'a doubled comma'],
  ["a in {'x' 'y'}", 10, 'a missing comma'],
  ['a in {x}', 6, 'not a string'],
  ["a in ('x')", 5, ''],
  ["a in {'x'", 9, ''],
  ["a == 'b' c == 'd'", 9, 'something left behind'],
  ['all()all()', 5, ''],
  ["a == 'b';", 8, ''],
  ['a', 1, ''],
  ['!', 1, ''],
  ['()', 1, ''],
  ["(a == 'b'", 9, ''],
  ["a == 'b')", 8, ''],
  ['a ==', 4, ''],
  ['a == b', 5, ''],
  ["'b' == a", 0, ''],
  ["a == 'b' &&", 11, ''],
  ["&& a == 'b'", 0, ''],
  ["a == 'b", 5, 'an open string'],
  ['a == "b\'', 5, ''],
  ['has()', 4, ''],
  ['has(a', 5, ''],
  ['all(x)', 4, ''],
])('%j is no selector: stops at %i %s', (text, position) => {
  expect(error(text)).toMatchObject({ position, text });
});

test('an error shows the place with a caret and says what was expected', () => {
  const { message, caret, expected } = error("app = 'x'");
  expect(expected).toContain('==');
  expect(message).toContain('position 4');
  expect(caret.split('\n')).toEqual(["app = 'x'", `    ^ expected ${expected}`]);
});

test('a caret stays near the place in a long text and shows control characters', () => {
  const { caret } = error(`${"a == '😀\n' && ".repeat(10_000)}?`);
  const [shown = '', mark = ''] = caret.split('\n');
  expect(shown.length).toBeLessThan(120);
  expect(Array.from(shown)[mark.indexOf('^')]).toBe('?');
  expect(shown).toContain('·');
});

describe('input without mercy ends in bounded time and stack', () => {
  const nested = (open: string, count: number) => open.repeat(count) + "a == 'b'" + ')'.repeat(count);
  test.each([
    [nested('(', 10_000), 'a == "b"'],
    [nested('(', 500_000), 'a == "b"'],
    [nested('!(', 10_000), `${'!'.repeat(10_000)}a == "b"`],
    ['!'.repeat(1_000_001) + 'has(a)', '!has(a)'],
  ])('%#', (text, canonical) => {
    const selector = parseSelector(text);
    expect(selector.canonical === canonical).toBe(true);
    expect(selector.matchesRecord({ a: 'b' })).toBe(!canonical.startsWith('!has'));
    expect(selector.id).toMatch(/^s:[\w-]{38}$/);
  });

  test('deep and wide, both ways', () => {
    for (const op of ['&&', '||']) {
      const other = op === '&&' ? '||' : '&&';
      for (const text of [
        `${'('.repeat(50_000)}has(a)${` ${op} has(a))`.repeat(50_000)}`,
        `${`(has(a) ${op} (has(b) ${other} `.repeat(25_000)}has(a)${'))'.repeat(25_000)}`,
        Array.from({ length: 50_000 }, (_, i) => `l${i} == 'v'`).join(op),
        `a in {${Array.from({ length: 50_000 }, (_, i) => `'v${i}'`).join(',')}}`,
        `a contains '${'x'.repeat(1_000_000)}'`,
      ]) {
        const selector = parseSelector(text);
        expect(typeof selector.matchesRecord({ a: 'x' })).toBe('boolean');
        expect(parseSelector(selector.canonical).canonical === selector.canonical).toBe(true);
        expect(selector.restrictions.size).toBeGreaterThanOrEqual(0);
      }
    }
  });

  test('ten thousand parentheses that never close', () => {
    expect(error('('.repeat(10_000)).position).toBe(10_000);
    expect(error(`${'('.repeat(10_000)}a == 'b'`).expected).toContain('")"');
  });
});

test('what a selector prints reads back as itself, negations across parentheses apart', () => {
  fc.assert(
    fc.property(selectorText, (text) => {
      const once = parseSelector(text).canonical;
      const twice = parseSelector(once).canonical;
      expect(parseSelector(twice).canonical).toBe(twice);
      // Printed, `!(!x)` is `!!x`, which cancels out when it is read.
      if (!once.includes('!!')) expect(twice).toBe(once);
    }),
    { numRuns: 3_000 },
  );
});

test('any text is read or refused with a position inside it', () => {
  const symbols = `a b.c/d ' " 'x' "y" { } , ( ) ! != == = && || & | 😀 __proto__`.split(' ');
  const operators = 'in;not in;notin;not;contains;starts with;starts;endswith;has(;all();global('.split(';');
  const whole = [" == 'x' ", "a in {'x'} ", 'has(a) ', ' ', '\t', '\n', '\u0000', '\ud800', '\uffff'];
  const words = fc.constantFrom(...symbols, ...operators, ...whole);
  const texts = fc.oneof(
    fc.array(words, { maxLength: 24 }).map((all) => all.join('')),
    fc.string({ unit: 'binary', maxLength: 40 }),
    selectorText,
  );
  let valid = 0;
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const selector = parseSelector(text);
        valid++;
        expect(parseSelector(selector.canonical).matchesRecord({ a: 'x' })).toBe(
          selector.matchesRecord({ a: 'x' }),
        );
      } catch (caught) {
        if (!(caught instanceof SelectorError)) throw caught;
        if (caught.position < 0 || caught.position > text.length)
          throw new Error('a position outside the text');
        if (!caught.caret.includes('^ expected ')) throw new Error('no caret');
      }
    }),
    { numRuns: Number(process.env['FUZZ_RUNS'] ?? 60_000) },
  );
  expect(valid).toBeGreaterThan(0);
}, 1_200_000);
