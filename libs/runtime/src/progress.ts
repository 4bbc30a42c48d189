import type { WriteStream } from 'node:tty';

/** Where progress is written: standard error, or anything like it. */
export type ProgressStream = Pick<NodeJS.WritableStream, 'write'> &
  Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

export interface Progress {
  /** Says how far a stage has come; shown at once on a terminal and every few seconds elsewhere. */
  update(text: string): void;
  /** Ends the line with a last word that stays. */
  done(text: string): void;
}

const TERMINAL_MILLISECONDS = 80;
const PIPE_MILLISECONDS = 5_000;

/** Progress on a terminal is one line drawn over and over; in a pipe it is a line now and then. */
export function openProgress(stream: ProgressStream = process.stderr): Progress {
  const every = stream.isTTY ? TERMINAL_MILLISECONDS : PIPE_MILLISECONDS;
  let shownAt = stream.isTTY ? 0 : Date.now();
  const draw = (text: string) =>
    stream.isTTY ? `\r\u001b[2K${text.slice(0, (stream.columns ?? 80) - 1)}` : `${text}\n`;
  return {
    update(text) {
      if (Date.now() - shownAt < every) return;
      shownAt = Date.now();
      stream.write(draw(text));
    },
    done(text) {
      stream.write(stream.isTTY ? `${draw(text)}\n` : `${text}\n`);
    },
  };
}
