import { memoryHistory, type MemoryHistory } from '@margay/history';
import {
  changesFromWatch,
  fingerprintOf,
  watchableKinds,
  type Gap,
  type Known,
  type KubernetesClient,
  type Position,
  type WatchableKind,
  type WatchChange,
} from '@margay/kubernetes';

/** Feeds a history by list and watch alone, and can be killed and begun again. */
export class Ingestor {
  readonly history: MemoryHistory = memoryHistory();
  readonly changes: WatchChange[] = [];
  readonly gaps: Gap[] = [];
  /** How often the API server could not be asked. */
  interruptions = 0;
  readonly #client: KubernetesClient;
  readonly #remembers: boolean;
  readonly #positions = new Map<string, Position>();
  #stop = new AbortController();
  #running: Promise<unknown> = Promise.resolve();

  /** @param remembers whether it knows from its own history what existed where it stopped. */
  constructor(client: KubernetesClient, remembers: boolean) {
    this.#client = client;
    this.#remembers = remembers;
  }

  /** Begins, or goes on where it stopped. */
  async start(): Promise<void> {
    this.#stop = new AbortController();
    const kinds = await watchableKinds(this.#client);
    this.#running = Promise.all(kinds.map((kind) => this.#follow(kind)));
  }

  async #follow(kind: WatchableKind): Promise<void> {
    const name = `${kind.resource.resource}.${kind.resource.group}`;
    const position = this.#positions.get(name);
    const known = this.#remembers ? [...this.#knownOf(kind)] : undefined;
    const resume = position && { position, ...(known && { known }) };
    const options = { signal: this.#stop.signal, pageSize: 7, ...(resume && { resume }) };
    for await (const batch of changesFromWatch(this.#client, kind, options)) {
      this.changes.push(...batch.changes);
      this.gaps.push(...batch.gaps);
      this.interruptions += batch.interruptions.length;
      this.history.add(batch.changes);
      if (batch.position) this.#positions.set(name, batch.position);
    }
  }

  /** Stops where it is. What it was about to read is lost, what it has read is kept with its position. */
  async kill(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  *#knownOf({ kind }: WatchableKind): Generator<Known> {
    for (const version of this.history.versions()) {
      const { group, resource, namespace, name, uid, resourceVersion, validTo, content } = version;
      if (validTo !== undefined || group !== kind.group || resource !== kind.resource) continue;
      yield { uid, resourceVersion, namespace, name, fingerprint: fingerprintOf(content) };
    }
  }
}
