import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What golang.org/x/mod is asked, about the log of "entry 0", "entry 1", … or about what it is given; see `oracle/oracle.go`. */
export interface Question {
  readonly ask:
    | 'inclusion'
    | 'consistency'
    | 'check inclusion'
    | 'check consistency'
    | 'check proof'
    | 'sign'
    | 'open'
    | 'path';
  readonly [field: string]: unknown;
}

/** What it says. */
export interface Answer {
  readonly ok: boolean;
  readonly root?: string;
  readonly hashes?: readonly string[] | null;
  readonly text?: string;
}

/** Why Go cannot be asked here, or undefined where it can: there is no `go`, or it does not get the module. */
export function whyNoGo(): string | undefined {
  try {
    execFileSync('go', ['mod', 'download'], { cwd: ORACLE, stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Go's answers, one for each question. @throws Error where `whyNoGo` says why. */
export function askGo(questions: readonly Question[]): Answer[] {
  const folder = mkdtempSync(join(tmpdir(), 'margay-go-'));
  try {
    const program = join(folder, 'oracle');
    execFileSync('go', ['build', '-o', program, '.'], { cwd: ORACLE });
    const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
    const lines = execFileSync(program, { input, maxBuffer: 1 << 30 })
      .toString()
      .trimEnd()
      .split('\n');
    return lines.map((line) => JSON.parse(line) as Answer);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ORACLE = fileURLToPath(new URL('oracle/', import.meta.url));
