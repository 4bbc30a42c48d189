import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ownFolder } from './testing/margay.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = join(ROOT, 'node_modules/@typescript/native/bin/tsc');
const npm = (cwd: string, ...args: string[]) =>
  execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: 'pipe' });

/** The program that the README shows, outside of the tree, with the packages as they would be published. */
test(
  'the policy library is a package: a program elsewhere compiles against its types and runs',
  { timeout: 180_000 },
  () => {
    const folder = ownFolder();
    const packed = JSON.parse(
      npm(
        ROOT,
        'pack',
        '--json',
        '--pack-destination',
        folder,
        '-w',
        '@margay/ground',
        '-w',
        '@margay/policy',
      ),
    ) as
      | { filename: string; files: { path: string }[] }[]
      | Record<string, { filename: string; files: { path: string }[] }>;
    const packages = Array.isArray(packed) ? packed : Object.values(packed);
    for (const { files } of packages) {
      const paths = files.map(({ path }) => path);
      expect(paths).toEqual(
        expect.arrayContaining(['package.json', 'dist/index.js', 'dist/index.d.ts', 'README.md', 'LICENSE']),
      );
      expect(
        paths.filter((path) => !/^(dist\/.*\.(js|d\.ts)|package\.json|README\.md|LICENSE)$/.test(path)),
      ).toEqual([]);
    }

    const program =
      /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, 'libs/policy/README.md'), 'utf8'))?.[1] ?? '';
    expect(program).toContain("from '@margay/policy'");
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'elsewhere', type: 'module', private: true }),
    );
    writeFileSync(join(folder, 'program.ts'), program);
    npm(
      folder,
      'install',
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      ...packages.map(({ filename }) => `./${filename}`),
    );

    const options = [
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--lib',
      'es2024,dom',
      '--types',
      '',
    ];
    execFileSync(process.execPath, [COMPILER, ...options, 'program.ts'], { cwd: folder, encoding: 'utf8' });
    const said = execFileSync(process.execPath, ['program.js'], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] },
    });
    expect(said).toBe('true\nweb-1 true false\n');
  },
);
