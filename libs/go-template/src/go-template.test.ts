import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readTemplate, TemplateProblem, valueOf } from './index.ts';
import { DATA } from './testing/random-template.ts';
import type { Vector } from './testing/write-vectors.ts';

const data = valueOf(DATA);
const vectors = JSON.parse(readFileSync(new URL('testing/vectors.json', import.meta.url), 'utf8')) as Record<
  string,
  Vector[]
>;

/** Undefined for what is known not to be supported. */
function rendered(template: string): string | null | undefined {
  try {
    return readTemplate('t', template).render(data);
  } catch (error) {
    if (!(error instanceof TemplateProblem)) throw error;
    return error.what.includes('is not supported') ? undefined : null;
  }
}

// Written by `npm run vectors -w @margay/go-template`, from what Go's own text/template does.
test.each(Object.entries(vectors))('as Go does: %s', (_, list) => {
  for (const [template, output] of list) {
    const mine = rendered(template);
    if (mine !== undefined) expect({ template, output: mine }).toEqual({ template, output });
  }
});

test.each([
  ['an unknown function', 'a\n{{nope 1}}', 'report:2: there is no function nope'],
  ['an unknown variable', '{{$x}}', 'report:1: there is no variable $x'],
  ['an open block', 'a\n\n{{if .x}}\nb', 'report:3: a block is not closed: end it with {{end}}'],
  ['an open action', 'a\n{{ .x', 'report:2: an action is not closed: end it with }}'],
  ['an index out of range', '\n\n{{index .l 9}}', 'report:3: index: index out of range: 9'],
  ['a line within an action', '{{if\n.t}}{{len\n1}}{{end}}', 'report:2: len: len of int'],
  ['half a character', '{{slice "é" 1}}', 'report:1: slice: cuts a character in two'],
])('%s is told with template and line', (_, template, problem) => {
  expect(() => readTemplate('report', template).render(data)).toThrow(problem);
});

test.each([
  ['loops within loops', '{{range 100000}}{{range 100000}}{{end}}{{end}}'],
  ['a text that doubles', '{{$x := "0123456789"}}{{range 60}}{{$x = print $x $x}}{{end}}'],
  ['much output', '{{range 100000}}{{range 10}}0123456789{{end}}{{end}}'],
  [
    'templates that call one another',
    '{{define "a"}}{{template "b"}}{{end}}{{define "b"}}{{template "a"}}{{end}}{{template "a"}}',
  ],
  ['wide numbers', '{{range 100000}}{{printf "%1000000d" 1}}{{end}}'],
  ['many parentheses', `{{${'('.repeat(5_000)}1${')'.repeat(5_000)}}}`],
  ['many blocks', `${'{{if .t}}'.repeat(5_000)}${'{{end}}'.repeat(5_000)}`],
])('%s end at a limit', (_, template) => {
  const limits = { work: 1_000_000, output: 1_000_000, made: 10_000_000 };
  expect(() => readTemplate('t', template, {}, limits).render(data)).toThrow(TemplateProblem);
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length', 'size', 'get'])(
  'nothing of the engine is within reach: %s',
  (name) => {
    expect(readTemplate('t', `{{.${name}}} {{.m.${name}}} {{index .m "${name}"}}`).render(data)).toBe(
      '<no value> <no value> <no value>',
    );
    expect(() => readTemplate('t', `{{${name} 1}}`)).toThrow(TemplateProblem);
    expect(() => readTemplate('t', `{{.s.${name}}}`).render(data)).toThrow(TemplateProblem);
    expect(() => readTemplate('t', `{{.l.${name}}}`).render(data)).toThrow(TemplateProblem);
  },
);
