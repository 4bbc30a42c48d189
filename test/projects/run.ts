import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import * as prettier from 'prettier';
import { describe } from './described.ts';
import { readProjects } from './projects.ts';

/**
 * Holds the projects' manifests against what their sources import: without that, the workspace's graph is not true and a cache could
 * hide a failure. `--write` writes what is missing.
 */
const root =
  process.argv[2]?.startsWith('--') === false
    ? process.argv[2]
    : fileURLToPath(new URL('../..', import.meta.url));
const write = process.argv.includes('--write');
const wrong: string[] = [];
try {
  for (const { file, content } of describe(root, readProjects(root))) {
    const path = join(root, file);
    const wanted = JSON.stringify(content);
    if (existsSync(path) && isDeepStrictEqual(JSON.parse(readFileSync(path, 'utf8')), JSON.parse(wanted)))
      continue;
    wrong.push(file);
    if (write)
      writeFileSync(
        path,
        await prettier.format(wanted, { ...(await prettier.resolveConfig(path)), filepath: path }),
      );
  }
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
if (write) for (const file of wrong) console.log(`wrote ${file}`);
else if (wrong.length > 0) {
  console.error(
    `Not what the sources import (npm run projects writes it, then npm install):\n  ${wrong.join('\n  ')}`,
  );
  process.exit(1);
}
