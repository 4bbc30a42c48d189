import { statSync } from 'node:fs';
import { say } from '@margay/terminal';

/** What a file is opened to others by, and what closes it: by the bits of its group and of everybody. */
const BITS = {
  read: { bits: 0o066, why: 'who reads it can sign reports in its name', mend: 'chmod 600' },
  write: { bits: 0o022, why: 'who writes into it can change evidence and reports', mend: 'chmod go-w' },
} as const;

/**
 * Tells whoever is at the terminal that others than the owner may read a key, or write into a folder. Nothing stops for that: what is not
 * logged meanwhile is lost for good, and where groups are how a volume is given, it is meant.
 */
export function sayOpenToOthers(path: string, to: keyof typeof BITS): void {
  // There modes say nothing.
  if (process.platform === 'win32') return;
  const { bits, why, mend } = BITS[to];
  const mode = statSync(path).mode & 0o777;
  if ((mode & bits) === 0) return;
  const who = (mode & bits & 0o007) === 0 ? 'its group' : 'everybody on this machine';
  const shown = mode.toString(8).padStart(4, '0');
  say(`margay: ${path} is open to ${who} (mode ${shown}), and ${why}: ${mend} ${path}\n`);
}
