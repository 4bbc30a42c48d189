/** Data that the templates are about: each kind of value, empty and not. */
export const DATA = {
  s: 'hé"<\u2028&\n',
  e: '',
  i: 7,
  n: -3,
  z: 0,
  f: 2.5,
  g: 1234567.25,
  h: 0.000_012_34,
  t: true,
  u: false,
  nil: null,
  l: ['b', 'a', 'ü'],
  li: [3, 1, 2],
  lm: [
    { name: 'x', v: 1 },
    { name: 'y', v: null },
  ],
  m: { b: 1, a: 'q', c: [1, 'z'] },
  em: {},
  el: [],
  mix: [1, 'a', 2.5, null, true, { k: 'v' }, [1]],
};

const CONSTANTS =
  '1 0 -5 2.5 1e3 0x1F "a" "x_y" `raw` true false \'c\' nil . $ 1_000 08 010 "" 3 "\\t\\u00e9"'.split(' ');
const FIELDS =
  '.s .e .i .n .z .f .g .h .t .u .nil .l .li .lm .m .m.a .m.x .m.x.y .nil.x .em .el .mix .none $.s $.m.c $x .name .v .s.x'.split(
    ' ',
  );
const TEXTS = ['.s', '.e', '.m.a', '"a"', '$.s', '(print .i "-" .t)'];
const NUMBERS = ['.i', '.n', '.z', '3', '-5', '(len .l)', '0x1F'];
const LISTS = ['.l', '.li', '.lm', '.mix', '.el', '$.l', '.m.c'];
const VERBS =
  '%v %d %s %q %5d %-6v| %05d %+d %x %X %#x %t %g %.2f %8.3f %e %c %U %T %% %z %*d %6q %.2s %o %#o %b %+q %#q %+.1e %G %08.2f %! %#U %O %+v %.3g %.10g %-08d %08s %.3d %10.4d %+5.1f'.split(
    ' ',
  );
const FILTERS = [
  'len',
  'not',
  'html',
  'js',
  'print',
  'println',
  'printf "%v"',
  'printf "%d %s" 1',
  'eq 1',
  'index .m',
  'and 1',
  'or 0',
  'urlquery',
  '.x',
];

/** A template made of the language's parts, most of them fitting. The same seed gives the same template. */
export function randomTemplate(seed: number): string {
  let state = seed | 0;
  // Mulberry32.
  const below = (max: number): number => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % max;
  };
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const open = (): string => pick(['{{', '{{', '{{- ']);
  const close = (): string => pick(['}}', '}}', ' -}}']);

  const argument = (depth: number): string => {
    const kind = below(10);
    if (kind < 2) return pick(CONSTANTS);
    return kind < 8 || depth <= 0 ? pick(FIELDS) : `(${pipeline(depth - 1)})`;
  };
  const command = (depth: number): string => {
    const some = () => argument(depth);
    switch (below(18)) {
      case 0:
        return `eq ${some()} ${some()}`;
      case 1:
        return `${pick(['ne', 'lt', 'le', 'gt', 'ge', 'eq'])} ${pick(NUMBERS)} ${pick(NUMBERS)}`;
      case 2:
        return `${pick(['ne', 'lt', 'le', 'gt', 'ge', 'eq'])} ${pick(TEXTS)} ${pick(TEXTS)}`;
      case 3:
        return `${pick(['and', 'or'])} ${some()} ${some()} ${some()}`;
      case 4:
        return `not ${some()}`;
      case 5:
        return `len ${pick([...LISTS, ...TEXTS, '.m', '.em', some()])}`;
      case 6:
        return `index ${pick([`${pick(LISTS)} ${pick(NUMBERS)}`, `.m "a"`, '.m "none"', '.lm 1 "v"', `${some()} ${some()}`])}`;
      case 7:
        return `slice ${pick(LISTS)} ${pick(['1', '0', '(len .l)', '1 2', '0 1 2'])}`;
      case 8:
        return `printf "${pick(VERBS)} ${pick(VERBS)}" ${some()} ${some()}`;
      case 9:
        return `printf "${pick(VERBS)}" ${pick([...NUMBERS, ...TEXTS, '.f', '.g', '.h', some()])}`;
      case 10:
        return `${pick(['print', 'println'])} ${some()} ${some()}`;
      case 11:
        return `${pick(['html', 'js', 'urlquery'])} ${some()}`;
      case 12:
        return `(${pipeline(depth - 1)}).name`;
      default:
        return some();
    }
  };
  const pipeline = (depth: number): string => {
    if (depth <= 0) return pick(FIELDS);
    return command(depth) + (below(4) === 0 ? ` | ${pick(FILTERS)}` : '');
  };
  const node = (depth: number): string => {
    const [from, to] = [open(), close()];
    switch (below(depth > 0 ? 14 : 6)) {
      case 0:
      case 1:
        return pick([' text ', '\n', 'a', '  ', '{', '}', 'é']);
      case 2:
      case 3:
      case 4:
        return `${from}${pipeline(2)}${to}`;
      case 5:
        return pick([
          '{{/* c */}}',
          ' {{- /* c */ -}} ',
          `${from}$x := ${pipeline(1)}${to}`,
          `${from}$x = ${pipeline(1)}${to}`,
        ]);
      case 6:
        return `${from}if ${pipeline(2)}${to}${nodes(depth - 1)}{{end}}`;
      case 7:
        return `${from}if ${pipeline(2)}${to}${nodes(depth - 1)}{{else if ${pipeline(1)}}}${nodes(depth - 1)}{{else}}${nodes(depth - 1)}{{end}}`;
      case 8:
        return `${from}with ${pipeline(1)}${to}${nodes(depth - 1)}${pick(['{{else}}', '{{else with $x}}'])}${nodes(depth - 1)}{{end}}`;
      case 9:
        return `${from}range ${pick([...LISTS, '.m', '.em', '.nil', '.s', '3', '.none'])}${to}${nodes(depth - 1)}{{else}}none{{end}}`;
      case 10:
        return `${from}range $i, $x := ${pick([...LISTS, '.m', '3'])}${to}{{$i}}={{$x}}${nodes(depth - 1)}${pick(['', '{{break}}', '{{continue}}', '{{if eq $i 1}}{{break}}{{end}}'])}{{end}}`;
      case 11:
        return `${from}range $x = ${pick(LISTS)}${to}${nodes(depth - 1)}{{end}}`;
      case 12:
        return `${from}template "T" ${pipeline(1)}${to}`;
      default:
        return `${from}block "B${below(1000)}" ${pipeline(1)}${to}<{{.}}>{{end}}`;
    }
  };
  const nodes = (depth: number): string => Array.from({ length: 1 + below(2) }, () => node(depth)).join('');
  const defined = pick(['{{define "T"}}[{{.}}]{{end}}', '{{define "T"}}{{if .}}{{.}}{{end}}{{end}}', '']);
  return `{{$x := ${pick(CONSTANTS)}}}${nodes(2)}${defined}`;
}
