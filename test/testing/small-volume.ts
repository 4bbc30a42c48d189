import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A volume in memory that can be filled. */
export interface SmallVolume {
  readonly path: string;
  /** Takes all that is free, but so many bytes. */
  fill(left?: number): void;
  /** Gives it back. */
  makeRoom(): void;
}

/** Whether volumes may be mounted here: by root, or by one who may become root without being asked. */
export const mayMount: boolean = (() => {
  try {
    unmount(mount(1));
    return true;
  } catch {
    return false;
  }
})();

/** A volume of so many megabytes. It goes with the test. */
export function smallVolume(megabytes: number): SmallVolume {
  const path = mount(megabytes);
  onTestFinished(() => unmount(path));
  const filler = join(path, 'filler');
  return {
    path,
    fill(left = 0) {
      const file = openSync(filler, 'a');
      try {
        for (const page = Buffer.alloc(4_096); left === 0 || freeOn(path) > left;) writeSync(file, page);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    makeRoom: () => rmSync(filler),
  };
}

function freeOn(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}

function mount(megabytes: number): string {
  const path = mkdtempSync(join(tmpdir(), 'margay-volume-'));
  try {
    asRoot('mount', '-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0777`, 'margay-test', path);
  } catch (error) {
    rmdirSync(path);
    throw error;
  }
  return path;
}

/** What still has a file open keeps it, and nobody else sees the volume. */
function unmount(path: string): void {
  asRoot('umount', '--lazy', path);
  rmdirSync(path);
}

/** Runs a program as root, where `mayMount`. */
export function asRoot(...command: readonly string[]): void {
  const [program, ...args] = process.getuid?.() === 0 ? command : ['sudo', '-n', ...command];
  execFileSync(program!, args, { stdio: 'pipe' });
}
