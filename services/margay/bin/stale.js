// Whether what was compiled is older than the checkout's sources, as after a pull or an edit.
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Its time says when everything was last compiled from here, also where the compiler found that nothing had to be done. */
const STAMP = 'services/margay/dist/.compiled';
/** What no build compiles. */
const NOT_BUILT = /(^|\/)testing$|\.(test|contract)\.ts$|\.d\.ts$/;

const modified = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -Infinity;

/** The first source under a folder that is newer than the instant. */
function newerIn(folder, than) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (NOT_BUILT.test(entry.name)) continue;
    const found = entry.isDirectory()
      ? newerIn(path, than)
      : entry.name.endsWith('.ts') && modified(path) > than
        ? path
        : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A source that is newer than what its project was compiled to; undefined where there is none, and where there are no sources. */
export function newerSource(root = ROOT) {
  const stamp = modified(join(root, STAMP));
  for (const group of ['libs', 'services']) {
    for (const project of readdirSync(join(root, group))) {
      const folder = join(root, group, project);
      const compiled = Math.max(stamp, modified(join(folder, 'dist/tsconfig.tsbuildinfo')));
      if (modified(join(folder, 'src')) === -Infinity) continue;
      const found = newerIn(join(folder, 'src'), compiled);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Remembers that everything was compiled that is older than the instant, in milliseconds since the epoch. */
export function noteCompiled(since, root = ROOT) {
  const path = join(root, STAMP);
  writeFileSync(path, new Date(since).toISOString());
  utimesSync(path, since / 1000, since / 1000);
}
