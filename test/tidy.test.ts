import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';

// The repository reads itself: rules that no other tool checks. Paths are from its root, wherever the tests are run from.
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && !path.startsWith('test/fences/'));
const sources = tracked.filter((path) => /\.(ts|tsx)$/.test(path));
const pure = sources.filter(
  (path) =>
    /^libs\/(ground|policy|history|go-template|flows|coverage|reports|ledger|contracts|api-contract)\//.test(
      path,
    ) && !/\.test\.ts$|\/testing\//.test(path),
);

/** `path:line text` of every line that matches. */
function linesMatching(paths: string[], pattern: RegExp): string[] {
  return paths.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1} ${line.trim()}`] : [])),
  );
}

/** Clock and dice: pure code takes them as arguments. */
const CLOCK_OR_DICE = /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(/;

test('pure libraries ask neither clock nor dice', () => {
  expect(linesMatching(pure, CLOCK_OR_DICE)).toEqual([]);
});

test('no marker of unfinished work is left', () => {
  const marker = new RegExp(
    `\\b(${['TO', 'FIX'].join('DO|')}ME|${'X'.repeat(3)})\\b|\\b(it|test|describe)\\.(skip|only|todo)\\(`,
  );
  expect(linesMatching(sources, marker)).toEqual([]);
});

test('what others say goes into logs, answers and states through one function, which leaves out what may be secret', () => {
  const toldBare =
    /reason: (\(\w+ as Error\)|error|cause)\.message|instanceof Error \? \w+\.message : String\(/;
  const told = sources.filter(
    (path) => /^services\/(?!dashboard\/)/.test(path) && !/\.test\.ts$|\/testing\//.test(path),
  );
  expect(linesMatching(told, toldBare)).toEqual([]);
});

test('a file is one thought: no source over 500 lines', () => {
  const long = sources
    // What was released is a record, which is only ever added to.
    .filter((path) => !/\.(test|contract)\.ts$|\/(testing|releases)\//.test(path))
    .map((path) => [path, readFileSync(path, 'utf8').split('\n').length] as const)
    .filter(([, lines]) => lines > 500);
  expect(long).toEqual([]);
});

test('nobody names a room by what it is not', () => {
  expect(tracked.filter((path) => /(^|\/)(utils?|helpers?|common|shared|core)(\/|\.ts$)/.test(path))).toEqual(
    [],
  );
});

test('the arrows bite: each file in test/fences breaks one rule', () => {
  const cruiser = resolve('node_modules/.bin/depcruise');
  const rules = resolve('.dependency-cruiser.mjs');
  const run = () =>
    execFileSync(
      process.execPath,
      [cruiser, '--config', rules, '--output-type', 'json', 'libs', 'services'],
      {
        cwd: 'test/fences',
        encoding: 'utf8',
      },
    );
  let output: string;
  try {
    output = run();
  } catch (error) {
    output = (error as { stdout: string }).stdout;
  }
  const { summary } = JSON.parse(output) as { summary: { violations: { rule: { name: string } }[] } };
  const broken = new Set(summary.violations.map(({ rule }) => rule.name));
  expect([...broken].sort()).toEqual([
    'front-doors-load-no-nest',
    'libraries-import-no-service',
    'messaging-arrows',
    'no-cycles',
    'one-door',
    'policy-stands-alone',
    'pure-does-no-io',
    'pure-knows-no-framework',
    'services-import-no-service',
  ]);
});

test('the compiler knows no Node in pure libraries', () => {
  const check = () =>
    execFileSync(process.execPath, ['node_modules/@typescript/native/bin/tsc', '-p', 'test/fences/pure'], {
      encoding: 'utf8',
    });
  expect(check).toThrow();
  try {
    check();
  } catch (error) {
    expect((error as { stdout: string }).stdout).toMatch(/process/);
  }
});

test('the changelog has its entries under the kinds of change of Keep a Changelog, in their order', () => {
  const order = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];
  const [, ...versions] = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m);
  expect(versions.length).toBeGreaterThan(0);
  for (const version of versions) {
    const [before = '', ...parts] = version.split(/^### /m);
    expect(before).not.toMatch(/^- /m);
    const kinds = parts.map((part) => part.split('\n', 1)[0]!);
    expect(kinds).toEqual(order.filter((kind) => kinds.includes(kind)));
  }
});
