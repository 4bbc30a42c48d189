import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CASES } from './cases.ts';
import { DATA, randomTemplate } from './random-template.ts';

/** What Go makes of a template; null where it refuses it. */
export type Vector = readonly [template: string, output: string | null];

/** What Go's own engine makes of templates over `DATA`. @throws where there is no `go`. */
export function renderedByGo(templates: readonly string[]): Vector[] {
  const folder = mkdtempSync(join(tmpdir(), 'margay-go-'));
  try {
    const program = join(folder, 'oracle');
    execFileSync('go', ['build', '-o', program, fileURLToPath(new URL('oracle.go', import.meta.url))]);
    const input = templates.map((template) => `${JSON.stringify({ template, data: DATA })}\n`).join('');
    const lines = execFileSync(program, { input, maxBuffer: 1 << 30 })
      .toString()
      .trimEnd()
      .split('\n');
    return templates.map((template, i) => {
      const { output } = JSON.parse(lines[i]!) as { readonly output?: string };
      return [template, output ?? null];
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const RANDOM = 3_000;

if (import.meta.main) {
  const random = renderedByGo(Array.from({ length: RANDOM }, (_, seed) => randomTemplate(seed)))
    // Most of the refused ones are refused for one of few reasons.
    .filter(([, output], i) => output !== null || i % 10 === 0);
  const named = Object.entries(CASES).map(([what, templates]) => [what, renderedByGo(templates)]);
  const vectors = { ...(Object.fromEntries(named) as Record<string, Vector[]>), random };
  const lines = Object.entries(vectors).map(
    ([what, list]) =>
      `${JSON.stringify(what)}: [\n${list.map((vector) => JSON.stringify(vector)).join(',\n')}\n]`,
  );
  writeFileSync(new URL('vectors.json', import.meta.url), `{\n${lines.join(',\n')}\n}\n`);
}
