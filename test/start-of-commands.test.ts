import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../services/margay/bin/margay.js', import.meta.url));
const CPU_MILLISECONDS_MAX = 250;

/** Runs the command line with a module loaded before it. */
function started(before: string, args: readonly string[]) {
  const preload = `data:text/javascript,${encodeURIComponent(before)}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', preload, PROGRAM, ...args], {
    encoding: 'utf8',
  });
  return { stdout, stderr, status };
}

test('margay --help answers within a quarter of a second of CPU', () => {
  const usage =
    "process.on('exit', () => { const { user, system } = process.cpuUsage(); process.stderr.write(String((user + system) / 1000)); })";
  const spent = () => Number(started(usage, ['--help']).stderr);
  // The first start fills the cache of compiled code; of three others the quickest, since other tests run beside it.
  spent();
  expect(Math.min(spent(), spent(), spent())).toBeLessThan(CPU_MILLISECONDS_MAX);
});

test.each([
  ['selector', "app == 'web'", '--labels', 'app=web'],
  ['verify', '--help'],
])('margay %s loads no server framework', (...args) => {
  const told =
    "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { if (url.includes('@nestjs/core')) process.stderr.write(`loads ${url} `); return next(url, context); } })";
  expect(started(told, args)).toMatchObject({ status: 0, stderr: '' });
});
