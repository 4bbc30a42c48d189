#!/usr/bin/env node
// Starts the command line under a Node that can run it, compiling the checkout first if that was never done.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';
import { nodeToRun } from './node-to-run.js';

const MAIN = new URL('../dist/main.js', import.meta.url);

const fail = (message) => {
  console.error(`margay: ${message}`);
  process.exit(1);
};

let node;
try {
  node = nodeToRun();
} catch (error) {
  fail(error.message);
}

if (node !== undefined) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal === 'SIGINT' ? 2 : 15)));
} else {
  if (!existsSync(MAIN)) {
    console.error('margay: compiling the checkout, once …');
    // Standard output is for data.
    const { status } = spawnSync('npm run -s build', {
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
      shell: true,
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0 || !existsSync(MAIN))
      fail('the checkout does not compile: "npm run build" in it says why.');
  }
  // Node 22 says of its SQLite that it is an experiment; what is used of it is what Node 24 has.
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).startsWith('SQLite is an experimental')) emitWarning(warning, ...rest);
  };
  // What was compiled by V8 is kept from one start to the next.
  module.enableCompileCache?.();
  await import(MAIN.href);
}
