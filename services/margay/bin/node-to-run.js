// Which Node runs Margay: this one where it can, else the one that `npm ci` put into the checkout. Run as a program (the root's
// `postinstall`), it only says whether there is one. It must be readable to any Node, so that an old one can say what it lacks.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The first of each line that has what Margay uses: an SQLite that needs no flag, and ESM in `require`. */
const canRun = (version) => {
  const [major, minor] = version.split('.').map(Number);
  return major >= 24 || (major === 22 && minor >= 22);
};

/**
 * The path of a Node that can run Margay; undefined where this one can.
 *
 * @throws Error that says what to do where there is none.
 */
export function nodeToRun({ platform, arch, versions } = process) {
  if (canRun(versions.node)) return undefined;
  try {
    return createRequire(import.meta.url).resolve(`node-${platform}-${arch}/bin/node`);
  } catch {
    throw new Error(
      `this is Node ${versions.node}, and Margay takes 22.22 or newer of 22, or 24: install it from https://nodejs.org` +
        (platform === 'linux'
          ? ', or run "npm ci" without --omit=optional, which brings one along (on x64 and arm64).'
          : '.'),
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    nodeToRun();
  } catch (error) {
    console.error(`margay: ${error.message}`);
    process.exit(1);
  }
}
