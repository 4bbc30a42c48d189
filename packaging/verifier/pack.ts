/**
 * Makes the verifier's package, with all that it needs in one file: `npm run pack:verifier -- DIRECTORY` writes
 * `margay-verify-VERSION.tgz` there, and makes the directory where it is not.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const ROOT = at('../..');
/** Of a module in a package: the package's folder. */
const PACKAGE = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/;

interface Manifest {
  readonly version: string;
  readonly license?: string;
  readonly engines: object;
}
const manifestIn = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;

const destination = resolve(process.env['INIT_CWD'] ?? '.', process.argv[2] ?? '.');
try {
  mkdirSync(destination, { recursive: true });
} catch (error) {
  process.stderr.write(
    `pack:verifier: Cannot make the directory ${destination}: ${(error as Error).message}\n`,
  );
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), 'margay-verify-'));
try {
  const bundle = await rolldown({
    input: join(ROOT, 'services/verify/src/main.ts'),
    platform: 'node',
    resolve: { conditionNames: ['@margay/source', 'import', 'node'] },
  });
  const { output } = await bundle.write({
    file: join(folder, 'margay-verify.js'),
    format: 'esm',
    banner: '#!/usr/bin/env node',
    codeSplitting: false,
  });
  await bundle.close();
  chmodSync(join(folder, 'margay-verify.js'), 0o755);

  const packages = output
    .flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
    .flatMap((id) => PACKAGE.exec(id)?.[0] ?? []);
  writeFileSync(
    join(folder, 'THIRD-PARTY-LICENSES'),
    [...new Set(packages)].sort().map(licenceOf).join('\n\n'),
  );
  copyFileSync(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  copyFileSync(at('README.md'), join(folder, 'README.md'));
  const { version, license } = manifestIn(ROOT);
  const manifest = {
    name: '@margay/verify',
    version,
    description: 'Checks reports of Margay offline',
    license,
    type: 'module',
    bin: { 'margay-verify': 'margay-verify.js' },
    engines: { node: '>=20.19' },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  execFileSync('npm', ['pack', '--silent', '--pack-destination', destination], {
    cwd: folder,
    stdio: 'inherit',
  });
} finally {
  rmSync(folder, { recursive: true });
}

function licenceOf(folder: string): string {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
  const text = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license']
    .map((file) => join(folder, file))
    .find((file) => existsSync(file));
  const { version, license } = manifestIn(folder);
  return `${name} ${version} (${license})\n\n${text === undefined ? '' : readFileSync(text, 'utf8')}`;
}
