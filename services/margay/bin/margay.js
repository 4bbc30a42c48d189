#!/usr/bin/env node
// Starts the command line under a Node that can run it: this one, else the one that `npm ci` put into the checkout.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module, { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The first of each line that has what Margay uses: an SQLite that needs no flag, and ESM in `require`. */
const canRun = (version) => {
  const [major, minor] = version.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 22);
};

const fail = (message) => {
  console.error(`margay: ${message}`);
  process.exit(1);
};

if (!existsSync(new URL('../dist/main.js', import.meta.url)))
  fail('this checkout is not compiled yet: run "npm run build" in it once (npm start and npm test do so).');

if (canRun(process.versions.node)) {
  // Node 22 says of its SQLite that it is an experiment; what is used of it is what Node 24 has.
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).startsWith('SQLite is an experimental')) emitWarning(warning, ...rest);
  };
  // What was compiled by V8 is kept from one start to the next.
  module.enableCompileCache?.();
  await import('../dist/main.js');
} else {
  const program = `node-${process.platform}-${process.arch}/bin/node`;
  let node;
  try {
    node = createRequire(import.meta.url).resolve(program);
  } catch {
    fail(
      `this is Node ${process.versions.node}, and it takes 22.22 or newer, or 24: install it from https://nodejs.org, ` +
        'or on Linux run "npm ci" again without --omit=optional, which brings one along.',
    );
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal === 'SIGINT' ? 2 : 15)));
}
