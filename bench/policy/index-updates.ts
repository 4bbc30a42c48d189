import type { KubernetesObject } from '@margay/ground';
import { NetworkState } from '@margay/policy';
import { line, nanoseconds } from './measure.ts';
import { NaiveIndex } from './naive-index.ts';
import { namespace, pod, policy } from './objects.ts';

const selecting = (name: string, selector: string) => policy(name, { selector, types: ['Ingress'] });
const labelsOf = (object: KubernetesObject) => new Map(Object.entries(object.metadata.labels ?? {}));

/** One endpoint at a time, with ever more selectors of which it matches one. */
function endpointUpdates(print: (line: string) => void): void {
  for (const count of [10, 100, 1_000, 10_000]) {
    const state = new NetworkState();
    const everything = new NaiveIndex();
    for (let i = 0; i < count; i++) {
      state.upsert(selecting(`p-${i}`, `alpha == "beta" && has(ipset-${i})`));
      everything.setSelector(`p-${i}`, `alpha == "beta" && has(ipset-${i})`);
    }
    const item = (i: number) =>
      pod('ns', `pod-${i}`, { alpha: 'beta', [`ipset-${i % count}`]: '', own: `${i}` });
    const ours = nanoseconds(4_000, (i) => {
      state.upsert(item(i));
      return state.flush().size;
    });
    const naive = nanoseconds(
      Math.max(20, 20_000 / count),
      (i) => everything.setItem(`${i}`, labelsOf(item(i))),
      3,
    );
    print(
      line(
        `new endpoint, ${count} selectors, one matches`,
        ours,
        `naive ${(naive / ours).toFixed(1)}×; Felix 10 µs to 5–11 ms`,
      ),
    );
  }
}

/** One selector at a time, with ever more endpoints of which it matches none, or all. */
function selectorUpdates(print: (line: string) => void, sizes: readonly number[]): void {
  for (const count of sizes) {
    const state = new NetworkState();
    const everything = new NaiveIndex();
    for (let i = 0; i < count; i++) {
      const item = pod(`ns-${i % 100}`, `pod-${i}`, { alpha: 'beta', own: `${i}`, half: `${i % 2}` });
      state.upsert(item);
      everything.setItem(`${i}`, labelsOf(item));
    }
    state.flush();
    const none = nanoseconds(500, (i) => {
      state.upsert(selecting(`none-${i}`, `alpha == "beta" && has(ipset-${i})`));
      return state.flush().size;
    });
    const naive = nanoseconds(
      3,
      (i) => everything.setSelector(`none-${i}`, `alpha == "beta" && has(ipset-${i})`),
      1,
    );
    print(line(`new selector, ${count} endpoints, none match`, none, `naive ${(naive / none).toFixed(0)}×`));
    let named = Infinity;
    const all = nanoseconds(1, (i) => {
      state.upsert(selecting(`all-${i}`, `alpha == "beta" && own != "x${i}"`));
      return state.endpoint('pods/ns-0/pod-0')?.flags;
    });
    // Naming the endpoints that changed is measured apart: it is what the caller asks for, once a batch.
    for (let round = 0; round < 5; round++) {
      state.upsert(selecting(`more-${round}`, `alpha == "beta" && own != "y${round}"`));
      void state.endpoint('pods/ns-0/pod-0')?.flags;
      named = Math.min(
        named,
        nanoseconds(1, () => state.flush().size, 1),
      );
    }
    print(
      line(`new selector, ${count} endpoints, all match: a match`, all / count, '≤ 300 ns; Felix 170–200 ns'),
    );
    print(line(`  and its name in the list of changes`, named / count));
  }
}

/** A namespace with ten pods whose label changes, among ever more pods of other namespaces. */
function namespaceUpdates(print: (line: string) => void, sizes: readonly number[]): void {
  for (const count of sizes) {
    const state = new NetworkState();
    for (let i = 0; i < 100; i++) state.upsert(policy(`p-${i}`, { namespaceSelector: `team == 't-${i}'` }));
    for (let i = 0; i < count; i++)
      state.upsert(pod(`ns-${Math.floor(i / 10)}`, `pod-${i}`, { app: `app-${i}` }));
    state.flush();
    const change = nanoseconds(1_000, (i) => {
      state.upsert(namespace('ns-0', { team: `t-${i % 100}` }));
      return state.flush().size;
    });
    print(line(`namespace label, its 10 pods of ${count}`, change));
  }
}

/** What one change costs, by how much there is that it does not concern. */
export function benchUpdates(print: (line: string) => void, quick: boolean): void {
  const sizes = quick ? [1_000, 10_000] : [1_000, 10_000, 100_000];
  endpointUpdates(print);
  selectorUpdates(print, sizes);
  namespaceUpdates(print, sizes);
}
