/** Nanoseconds a call, the best of several rounds: what the work costs when nothing else disturbs it. */
export function nanoseconds(calls: number, work: (i: number) => unknown, rounds = 5): number {
  let best = Infinity;
  let kept: unknown;
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) kept = work(round * calls + i);
    best = Math.min(best, Number(process.hrtime.bigint() - start) / calls);
  }
  if (kept === neverMade) throw new Error('no work was done');
  return best;
}

/** Compared with results, so that no work can be left out. */
const neverMade = Symbol('never made');

/** `1.23 µs` */
export function shown(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toFixed(2)} µs`;
  return ns < 1e9 ? `${(ns / 1e6).toFixed(2)} ms` : `${(ns / 1e9).toFixed(2)} s`;
}

/** One line of a report: what, how long, and what to compare it with. */
export function line(what: string, ns: number, compare = ''): string {
  return `${what.padEnd(66)} ${shown(ns).padStart(10)}${compare && `   ${compare}`}`;
}
