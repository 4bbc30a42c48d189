import { closeSync, constants, openSync, read } from 'node:fs';
import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Whoever writes to a pipe may be started together with its reader, and needs a moment. */
const WRITER_MILLISECONDS = 2_000;
const POLL_MILLISECONDS = 20;

const readOnce = promisify(read);

/**
 * What comes out of a named pipe, until its writers have closed it.
 *
 * @throws Error when nobody has it open for writing: waiting for that would wait for ever.
 */
export async function* pipeBytes(path: string): AsyncGenerator<Buffer> {
  // Opened without waiting, which a handle of a file would close twice.
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const first = await firstBytes(pipe).catch((error: unknown) => {
    closeSync(pipe);
    throw error;
  });
  if (first === undefined) {
    closeSync(pipe);
    throw new Error(
      'it is a pipe that nobody writes to: start what writes to it, or give its output on standard input, as -',
    );
  }
  if (first.length > 0) yield first;
  // The socket closes the descriptor: it waits for what is written as no file does.
  yield* new Socket({ fd: pipe, readable: true, writable: false }) as AsyncIterable<Buffer>;
}

/** What can be read at once, which is nothing where a writer has not written yet; undefined where there is no writer. */
async function firstBytes(pipe: number): Promise<Buffer | undefined> {
  const until = performance.now() + WRITER_MILLISECONDS;
  while (performance.now() < until) {
    try {
      const { buffer, bytesRead } = await readOnce(pipe, Buffer.alloc(65_536), 0, 65_536, null);
      if (bytesRead > 0) return buffer.subarray(0, bytesRead);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      return Buffer.alloc(0);
    }
    await sleep(POLL_MILLISECONDS);
  }
  return undefined;
}
