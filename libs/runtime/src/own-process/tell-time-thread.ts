import { writeSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/** Beside what every process has, and the channel of its messages: see `inOwnProcess`. */
const TIME_PIPE = 4;
const TELL_MILLISECONDS = 100;

// A line in each tenth of a second: how many milliseconds all threads of the process have had of a processor.
setInterval(tell, TELL_MILLISECONDS);
tell();
parentPort!.postMessage('it tells');

function tell(): void {
  const { user, system } = process.cpuUsage();
  try {
    writeSync(TIME_PIPE, `${(user + system) / 1_000}\n`);
  } catch {
    // Its parent is gone.
    process.kill(process.pid, 'SIGKILL');
  }
}
