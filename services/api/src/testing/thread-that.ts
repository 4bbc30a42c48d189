/** A module that, in a thread, says that it is there, does this, and says that it is done; see `Said`. It may call `waits`. */
export function threadThat(does: string): URL {
  const script = `
    import { parentPort } from 'node:worker_threads';
    const say = (said) => {
      const { user, system } = process.threadCpuUsage();
      parentPort.postMessage({ ...said, milliseconds: (user + system) / 1000 });
    };
    // As a thread does on a machine that gives its processors to others: time goes by, and it does nothing.
    const waits = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
    say({});
    ${does};
    say({ done: 'done' });`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}
