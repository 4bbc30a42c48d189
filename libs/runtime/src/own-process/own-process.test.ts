import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { compiled } from '../compiled.ts';
import { processThat } from '../testing/process-that.ts';
import { Busy, inOwnProcess, OwnProcess, TookTooMuch, type Meter } from './own-process.ts';

const FOREVER = 'for (;;);';
const MEGABYTES = 64;
const limits = { megabytes: MEGABYTES, seconds: 30 };

afterEach(() => void vi.useRealTimers());

test('what waits for a processor longer than it may take of one is done, and has taken little', async () => {
  const meter: Meter = { milliseconds: 0 };
  const seconds = 0.4;
  const start = performance.now();
  const done = inOwnProcess(processThat('waits(800)'), {}, { megabytes: MEGABYTES, seconds, meter });
  expect(await done).toBe('done');
  expect(performance.now() - start).toBeGreaterThan(800);
  expect(meter.milliseconds).toBeLessThan(seconds * 1_000);
});

test('what takes more of a processor than it may is ended, and what it took is counted', async () => {
  const meter: Meter = { milliseconds: 0 };
  const given = { megabytes: MEGABYTES, seconds: 0.3, meter };
  const ended = await inOwnProcess(processThat(FOREVER), {}, given).catch((error: unknown) => error);
  expect(ended).toEqual(new TookTooMuch('it takes more than 0.3 seconds'));
  expect(meter.milliseconds).toBeGreaterThan(300);
});

test('what gets no processor is not judged: it is ended, and whoever asked may ask again', async () => {
  const given = { megabytes: MEGABYTES, seconds: 0.02 };
  await expect(inOwnProcess(processThat('waits(60_000)'), {}, given)).rejects.toThrow(Busy);
});

test('a process that does not start is not judged either', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const done = inOwnProcess(processThat(''), {}, limits);
  await new Promise(setImmediate);
  vi.advanceTimersByTime(30_000);
  await expect(done).rejects.toThrow(Busy);
});

test('one whose time has no limit is waited for, however long it takes to start', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const asked = await OwnProcess.start(processThat(''), { megabytes: MEGABYTES });
  onTestFinished(() => asked.end());
  const done = asked.ask({});
  vi.advanceTimersByTime(3_600_000);
  expect(await done).toBe('done');
});

test('where there is no room for a process nothing is judged', async () => {
  const { execPath } = process;
  process.execPath = '/nowhere/node';
  onTestFinished(() => void (process.execPath = execPath));
  await expect(inOwnProcess(processThat(''), {}, limits)).rejects.toThrow(new Busy('No process starts'));
});

test('what cannot be given is told', async () => {
  await expect(inOwnProcess(processThat(''), () => {}, limits)).rejects.toThrow('could not be cloned');
});

test('one that others kill is not judged either', async () => {
  await expect(inOwnProcess(processThat('process.kill(process.pid, "SIGKILL")'), {}, limits)).rejects.toThrow(
    new Busy('A process was ended by SIGKILL'),
  );
});

test.each([
  ['many arrays', 'const all = []; for (;;) all.push(new Array(1_000).fill(0.5))'],
  ['one array that grows', 'const all = []; for (;;) all.push(0.5)'],
  ['one array at once', 'new Array(20_000_000).fill(0.5)'],
  ['many texts', 'const all = []; for (;;) all.push("x".repeat(1_000).split("").join(all.length))'],
  ['one text that grows in steps', 'let text = "x"; for (;;) text += text + "y"'],
  [
    'one text that is looked at',
    'const all = []; let text = "x"; for (;;) all.push((text += text + "y").split(""))',
  ],
  ['a map', 'const all = new Map(); for (let i = 0; ; i++) all.set(i, i)'],
  ['what is given back', 'for (given = []; ; ) given = [given, given.flat()]'],
])('what takes more memory than it may is ended: %s', async (_, grows) => {
  await expect(inOwnProcess(processThat(grows), {}, limits)).rejects.toThrow(
    new TookTooMuch(`it takes more than ${MEGABYTES} megabytes of memory`),
  );
});

test('so is what is given more than it may take', async () => {
  const given = Array.from({ length: 100 }, (_, i) => String(i).repeat(1_000_000));
  await expect(inOwnProcess(processThat(''), given, limits)).rejects.toThrow(TookTooMuch);
});

test('what calls itself deep has a stack for it', async () => {
  const deep = 'const call = (times) => times === 0 ? 0 : 1 + call(times - 1); call(25_000)';
  expect(await inOwnProcess(processThat(deep), {}, limits)).toBe('done');
});

test('it knows nothing of what its parent has in variables', async () => {
  vi.stubEnv('MARGAY_TEST_SECRET', 'a secret');
  const tells = 'if (process.env.MARGAY_TEST_SECRET !== undefined) throw new Error("it knows")';
  expect(await inOwnProcess(processThat(tells), {}, limits)).toBe('done');
  vi.unstubAllEnvs();
});

test('it ends with its parent, also when that is killed while it is in a loop', async () => {
  const writes = `const { writeFileSync } = process.getBuiltinModule('node:fs');
    for (let i = 0; ; i++) writeFileSync(given, String(i))`;
  const file = processThat(writes);
  const sign = `${fileURLToPath(file)}.sign`;
  const asks = `import { inOwnProcess } from '${compiled('./own-process', import.meta.url).href}';
    await inOwnProcess(new URL('${file.href}'), '${sign}', { megabytes: 64, seconds: 1_000 });`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', asks], { stdio: 'ignore' });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const silentFor = () => Date.now() - (statSync(sign, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  await expect.poll(silentFor, { timeout: 30_000 }).toBeLessThan(1_000);
  parent.kill('SIGKILL');
  await expect.poll(silentFor, { timeout: 30_000 }).toBeGreaterThan(3_000);
});

test('what it throws is told', async () => {
  await expect(inOwnProcess(processThat('throw new Error("no")'), {}, limits)).rejects.toThrow('Error: no');
});

test('it does one thing after another, and what is told on the way comes before what it is done with', async () => {
  const counts = 'if (given < 0) throw new Error("no"); for (let i = 0; i < given; i++) tell(i)';
  const asked = await OwnProcess.start<number, string, number>(processThat(counts), { megabytes: MEGABYTES });
  onTestFinished(() => asked.end());
  for (const given of [3, 0, 2]) {
    const told: number[] = [];
    expect(await asked.ask(given, { told: (piece) => void told.push(piece) })).toBe('done');
    expect(told).toEqual([...Array(given).keys()]);
  }
  await expect(asked.ask(-1)).rejects.toThrow('Error: no');
  await expect(asked.ask(1)).rejects.toThrow('Error: no');
  expect(asked.hasEnded).toBe(true);
});

test('one that is ended tells why, and one that nobody asks for anything keeps no process', async () => {
  const asked = await OwnProcess.start(processThat(FOREVER), { megabytes: MEGABYTES });
  const outcome = asked.ask({}).catch((error: unknown) => error);
  await asked.end(new Error('enough'));
  expect(await outcome).toEqual(new Error('enough'));
  const asks = `import { OwnProcess } from '${compiled('./own-process', import.meta.url).href}';
    const asked = await OwnProcess.start(new URL('${processThat('').href}'), { megabytes: ${MEGABYTES} });
    if ((await asked.ask({})) !== 'done') process.exitCode = 1;`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', asks], { stdio: 'ignore' });
  onTestFinished(() => void parent.kill('SIGKILL'));
  expect(await once(parent, 'exit')).toEqual([0, null]);
});
