import { NetworkState } from '@margay/policy';
import { cluster } from './objects.ts';

/** A whole cluster from nothing to flags: seconds and megabytes. */
export function benchLoad(print: (line: string) => void, quick: boolean): void {
  const [pods, policies] = quick ? [25_000, 1_000] : [250_000, 10_000];
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const state = new NetworkState();
  let making = 0;
  let start = performance.now();
  const began = start;
  // Objects are made one by one, as from a stream; what making them costs is not counted.
  for (const object of cluster(pods, policies)) {
    const made = performance.now();
    making += made - start;
    state.upsert(object);
    start = performance.now();
  }
  const changed = state.flush().size;
  let flagged = 0;
  let applied = 0;
  for (const endpoint of state.endpoints()) {
    if (endpoint.flags.egressToInternet) flagged++;
    applied += endpoint.applied().length;
  }
  const seconds = (performance.now() - began - making) / 1000;
  globalThis.gc?.();
  const megabytes = (process.memoryUsage().heapUsed - before) / 1e6;
  print(
    `${pods} endpoints × ${policies} policies from nothing, with every endpoint's flags and policies: ${seconds.toFixed(2)} s`,
  );
  const memory = globalThis.gc === undefined ? 'at most (run with --expose-gc to know)' : 'kept';
  print(
    `  ${megabytes.toFixed(0)} MB ${memory}; ${changed} changed, ${flagged} to the internet, ${applied} policies applied`,
  );
  if (state.problems().length > 0) print(`  unexpected: ${state.problems()[0]?.message}`);
}
