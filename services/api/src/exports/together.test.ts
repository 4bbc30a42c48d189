import { TemplateProblem } from '@margay/reports';
import { Busy, inOwnProcess } from '@margay/runtime/own-process';
import type { ArchivedHeader } from '@margay/storage';
import { expect, test } from 'vitest';
import { processThat } from '../../../../libs/runtime/src/testing/process-that.ts';
import type { ReportFile } from './stream-file.ts';
import { boundTogether, TooMuchTogether } from './together.ts';

let made = 0;
let rendered = 0;

const report = (): ArchivedHeader => ({ id: `run-${made++}`, digest: 'd' }) as ArchivedHeader;

/** A file of a template that makes so many characters in so many milliseconds; or fails. */
const file = (length: number, milliseconds = 0, isTemplate = true): ReportFile => ({
  name: 'a.txt',
  mediaType: 'text/plain',
  isTemplate,
  async *text(meter) {
    rendered++;
    meter!.milliseconds += milliseconds;
    if (length < 0) throw new TemplateProblem('a.txt', 1, 'it fails');
    yield 'x'.repeat(length);
  },
});

const BOUNDS = { characters: 100, seconds: 1 };

test.each<[string, ReportFile[], RegExp | undefined]>([
  ['no files', [], undefined],
  ['as much as may be', [file(50, 500), file(50, 500)], undefined],
  ['more characters than may be', [file(50), file(51)], /more than 0.0001 million characters/],
  ['more time than may be', [file(1, 500), file(1, 501)], /more than 1 seconds/],
  ['failures, which take time too', [file(-1, 900), file(-1, 900), file(1)], /seconds/],
  ['failures that are quick', [file(-1), file(-1)], undefined],
  ['much that no user wrote', [file(1_000, 9_000, false)], undefined],
])('%s', async (_, files, said) => {
  const bound = boundTogether(report(), files, BOUNDS);
  if (said === undefined) await bound;
  else await expect(bound).rejects.toThrow(said);
});

test('what is too much stops there, and is found out once', async () => {
  rendered = 0;
  const header = report();
  const files = [file(101), file(1), file(1)];
  for (let i = 0; i < 3; i++)
    await expect(boundTogether(header, files, BOUNDS)).rejects.toThrow(TooMuchTogether);
  expect(rendered).toBe(1);
});

/** A file that is made in a process which waits for so long, as one does where the machine has much else to do. */
const waiting = (milliseconds: number): ReportFile => ({
  ...file(1),
  async *text(meter) {
    yield await inOwnProcess<string>(
      processThat(`waits(${milliseconds})`),
      {},
      { megabytes: 64, seconds: 1, meter },
    );
  },
});

test('what a machine with much else to do lets files wait for is not theirs', async () => {
  await boundTogether(report(), [waiting(600), waiting(600)], BOUNDS);
});

test('where too much goes on to find it out, nothing is known afterwards', async () => {
  const header = report();
  let isBusy = true;
  const sometimes: ReportFile = {
    ...file(1),
    async *text() {
      if (isBusy) throw new Busy('for now');
      yield 'x';
    },
  };
  await expect(boundTogether(header, [sometimes], BOUNDS)).rejects.toThrow(Busy);
  isBusy = false;
  await boundTogether(header, [sometimes], BOUNDS);
});
