#!/usr/bin/env node
// Starts the command line under Node 24: this one if it is, else the one that `npm ci` put into the checkout.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) >= NODE_MAJOR) {
  await import('../dist/main.js');
} else {
  const program = `node-${process.platform}-${process.arch}/bin/node`;
  let node;
  try {
    node = createRequire(import.meta.url).resolve(program);
  } catch {
    console.error(
      `margay needs Node ${NODE_MAJOR} or newer; this is ${process.version}, and no ${program} was installed beside it.\n` +
        `Install Node ${NODE_MAJOR}, or run "npm ci" again without --omit=optional.`,
    );
    process.exit(1);
  }
  const child = spawn(node, [process.argv[1], ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal === 'SIGINT' ? 2 : 15)));
}
