import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../services/margay/bin/margay.js', import.meta.url));
const NODE_TO_RUN = fileURLToPath(new URL('../services/margay/bin/node-to-run.js', import.meta.url));
const LOG = fileURLToPath(new URL('clusters/cluster-a/audit.jsonl.gz', import.meta.url));
const CPU_MILLISECONDS_MAX = 250;

/** Runs the command line with a module loaded before it. */
function started(before: string, args: readonly string[], program = PROGRAM) {
  const preload = `data:text/javascript,${encodeURIComponent(before)}`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', preload, program, ...args], {
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

/** Fails if Nest is loaded, by saying so on standard error. */
const TELLS_OF_NEST =
  "import { registerHooks } from 'node:module'; registerHooks({ load(url, context, next) { if (url.includes('/@nestjs/') && !globalThis.told) { globalThis.told = true; process.stderr.write(`loads ${url} `); } return next(url, context); } })";

test.each(['up', 'report', 'state', 'explain', 'selector', 'verify', 'run', 'dlq'])(
  'margay %s --help loads no server framework',
  (command) => {
    expect(started(TELLS_OF_NEST, [command, '--help'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining(`Usage: margay ${command} `),
    });
  },
);

test.each([
  ['selector', "app == 'web'", '--labels', 'app=web'],
  ['state', '--audit-log', LOG, '--at', '2026-11-24T00:19:00Z'],
  ['report', '--type', 'inventory', '--audit-log', LOG],
])('margay %s loads no server framework', (...args) => {
  const { status, stderr } = started(TELLS_OF_NEST, args);
  expect(status).toBe(0);
  expect(stderr).not.toContain('loads ');
});

describe('under a Node that cannot run it', () => {
  const under = (platform: string) =>
    `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } }); Object.defineProperty(process, 'platform', { value: '${platform}' });`;

  test.each([PROGRAM, NODE_TO_RUN])(
    'where none comes with the checkout, %s says in one line what to do',
    (program) => {
      const { status, stdout, stderr } = started(under('darwin'), [], program);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toBe(
        'margay: this is Node 20.19.0, and Margay takes 22.22 or newer of 22, or 24: install it from https://nodejs.org.\n',
      );
    },
  );

  test.runIf(process.platform === 'linux')('where one comes with the checkout, it runs under that', () => {
    expect(started(under('linux'), ['selector', "app == 'web'"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('app == "web"'),
    });
  });
});
