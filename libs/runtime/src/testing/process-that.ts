import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { compiled } from '../compiled.ts';

/** A module that answers its parent: it does this, and says `done`. It may call `waits`; `given` is what it was given, and `tell` tells a piece. */
export function processThat(does: string): URL {
  const answerParent = compiled('../own-process/answer-parent', import.meta.url);
  const folder = mkdtempSync(join(tmpdir(), 'margay-process-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'process.mjs');
  writeFileSync(
    file,
    `import { answerParent } from ${JSON.stringify(answerParent)};
    // As a process does on a machine that gives its processors to others: time goes by, and it does nothing.
    const waits = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    answerParent((given, tell) => {
      ${does};
      return 'done';
    });`,
  );
  return pathToFileURL(file);
}
