#!/usr/bin/env node
// Starts the command line under a Node that can run it, compiling the checkout first where it was not, or changed since.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeToRun } from './node-to-run.js';
import { newerSource, noteCompiled } from './stale.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const MAIN = new URL('../dist/main.js', import.meta.url);

const fail = (message) => {
  console.error(`margay: ${message}`);
  process.exit(1);
};

/** What was compiled last is good enough where it cannot be compiled anew; but not in silence. */
function compileWhereNeeded() {
  const isCompiled = existsSync(MAIN);
  const newer = isCompiled ? newerSource() : undefined;
  if (isCompiled && newer === undefined) return;
  console.error(
    isCompiled
      ? `margay: ${relative(ROOT, newer)} is newer than what was compiled: compiling …`
      : 'margay: compiling the checkout, once …',
  );
  const since = Date.now();
  // Standard output is for data.
  const { status } = spawnSync('npm run -s build', { cwd: ROOT, shell: true, stdio: ['ignore', 2, 2] });
  try {
    if (status === 0) return noteCompiled(since);
  } catch {
    // Nobody may write here: it is said again at the next start.
    return;
  }
  const why = 'the checkout does not compile: "npm run build" in it says why';
  if (!existsSync(MAIN)) fail(`${why}.`);
  console.error(`margay: ${why}. What runs now is what was compiled before.`);
}

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
  compileWhereNeeded();
  // Node 22 says of its SQLite that it is an experiment; what is used of it is what Node 24 has.
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).startsWith('SQLite is an experimental')) emitWarning(warning, ...rest);
  };
  // What was compiled by V8 is kept from one start to the next.
  module.enableCompileCache?.();
  await import(MAIN.href);
}
