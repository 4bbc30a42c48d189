import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

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
    | 'path'
    | 'read log';
  readonly [field: string]: unknown;
}

/** What it says. */
export interface Answer {
  readonly ok: boolean;
  readonly root?: string;
  readonly hashes?: readonly string[] | null;
  readonly text?: string;
  readonly entries?: readonly string[];
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
  const [program, remove] = oracle();
  try {
    const input = questions.map((question) => `${JSON.stringify(question)}\n`).join('');
    return answersIn(execFileSync(program, { input, maxBuffer: 1 << 30 }).toString());
  } finally {
    remove();
  }
}

/** The same while this process goes on, and answers what Go asks it. @throws Error as `askGo` */
export async function askGoMeanwhile(question: Question): Promise<Answer> {
  const [program, remove] = oracle();
  try {
    const asked = promisify(execFile)(program);
    asked.child.stdin!.end(`${JSON.stringify(question)}\n`);
    return answersIn((await asked).stdout)[0]!;
  } finally {
    remove();
  }
}

/** The program that is asked, and what removes it. */
function oracle(): [program: string, remove: () => void] {
  const folder = mkdtempSync(join(tmpdir(), 'margay-go-'));
  const remove = () => rmSync(folder, { recursive: true });
  try {
    const program = join(folder, 'oracle');
    execFileSync('go', ['build', '-o', program, '.'], { cwd: ORACLE });
    return [program, remove];
  } catch (error) {
    remove();
    throw error;
  }
}

const answersIn = (text: string): Answer[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);

const ORACLE = fileURLToPath(new URL('oracle/', import.meta.url));
