import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { readTemplate, TemplateProblem, valueOf } from './index.ts';
import { DATA, randomTemplate } from './testing/random-template.ts';
import { renderedByGo } from './testing/write-vectors.ts';

const TEMPLATES = 20_000;
/** The first Go, of 1, whose templates have `else with`, as ours do. */
const ELSE_WITH = 23;
const minor = Number(/go1\.(\d+)/.exec(execFileSync('go', ['version'], { encoding: 'utf8' }))?.[1]);

test('Go makes the same of any template', () => {
  const first = Math.floor(Math.random() * 2 ** 31);
  const isKnown = (seed: number) => minor >= ELSE_WITH || !/else\s+with\b/.test(randomTemplate(seed));
  const seeds = Array.from({ length: TEMPLATES }, (_, i) => first + i).filter(isKnown);
  if (seeds.length < TEMPLATES)
    console.log(
      `${TEMPLATES - seeds.length} templates with "else with" are left out: Go 1.${minor} has none`,
    );
  const vectors = renderedByGo(seeds.map(randomTemplate));
  const data = valueOf(DATA);
  for (const [i, [template, output]] of vectors.entries()) {
    let mine: string | null;
    try {
      mine = readTemplate('t', template).render(data);
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      if (error.what.includes('is not supported')) continue;
      mine = null;
    }
    // A byte of a text is a number as any other here; Go names its type where a verb does not fit.
    const said = output?.replaceAll('(uint8=', '(int=') ?? null;
    expect({ seed: seeds[i], template, output: mine }).toEqual({ seed: seeds[i], template, output: said });
  }
});
