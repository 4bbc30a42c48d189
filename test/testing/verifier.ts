import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownFolder, type Ran } from './margay.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The verifier as an auditor has it: its package alone, installed into an empty folder, without a network. */
export function installedVerifier(): (args: readonly string[]) => Ran {
  const folder = ownFolder();
  const npm = (args: readonly string[], cwd: string) =>
    execFileSync('npm', [...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  // Not there yet.
  const packed = join(folder, 'packed', 'verifier');
  npm(['run', '-s', 'pack:verifier', '--', packed], ROOT);
  const [file] = readdirSync(packed);
  npm(['install', '--offline', '--no-audit', '--no-fund', '--prefix', folder, join(packed, file!)], folder);
  const program = join(folder, 'node_modules/@margay/verify/margay-verify.js');
  return (args) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { code: status, out: stdout, err: stderr };
  };
}
