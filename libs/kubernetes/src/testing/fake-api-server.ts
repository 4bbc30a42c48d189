import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubernetesClient } from '../client/client.ts';
import type { ApiObject } from '../client/resources.ts';

interface Event {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly path: string;
  readonly object: ApiObject;
}

interface Watcher {
  readonly path: string;
  /** What is told is after this version. */
  readonly from: number;
  readonly response: ServerResponse;
}

/** What a request is answered with instead, or undefined for the usual, which a promise puts off. */
export type Fault = (request: IncomingMessage, url: URL) => Answer | undefined | Promise<undefined>;

interface Answer {
  readonly code: number;
  readonly body?: object;
  readonly text?: string;
  readonly hangUp?: true;
}

/**
 * A small honest API server in this process: collections with resourceVersions, paged lists of one state, watches from
 * a version, bookmarks when told, compaction when told, optimistic concurrency, and faults when told.
 */
export class FakeApiServer {
  /** Every request as `GET /path?query`, in order. */
  readonly requests: string[] = [];
  fault: Fault | undefined;
  /** What is kept of a status, as where a definition does not know all of its fields. */
  prune: (status: unknown) => unknown = (status) => status;
  /** By how many versions watches are behind lists, as where an API server answers old state. */
  behind = 0;
  #server: Server;
  readonly #others: Server[] = [];
  #version = 100;
  #compactedTo = 0;
  #uids = 0;
  readonly #objects = new Map<string, ApiObject>();
  readonly #events: Event[] = [];
  readonly #watchers = new Set<Watcher>();

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await new Promise<void>((listening) => fake.#server.listen(0, '127.0.0.1', listening));
    return fake;
  }

  async stop(): Promise<void> {
    for (const server of [this.#server, ...this.#others]) {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  }

  /** One more API server over the same storage. @returns its address, `host:port`. */
  async another(): Promise<string> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#others.push(server);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }

  client(): KubernetesClient {
    return new KubernetesClient({ server: this.url, namespace: 'default' });
  }

  get version(): string {
    return String(this.#version);
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** Creates or changes the object of this name. `path` is the collection's, with the namespace if there is one. */
  put(path: string, name: string, fields: Readonly<Record<string, unknown>> = {}): ApiObject {
    const key = `${path}/${name}`;
    const before = this.#objects.get(key);
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    const { labels, annotations, managedFields, ...rest } = fields;
    const object: ApiObject = {
      ...rest,
      metadata: {
        name,
        ...(namespace !== undefined && { namespace }),
        uid: before?.metadata.uid ?? `uid-${++this.#uids}`,
        resourceVersion: String(++this.#version),
        ...(labels !== undefined && { labels: labels as Record<string, string> }),
        ...(annotations !== undefined && { annotations: annotations as Record<string, string> }),
        ...(managedFields !== undefined && { managedFields: managedFields as { time: string }[] }),
      },
    };
    this.#objects.set(key, object);
    this.#tell({ type: before ? 'MODIFIED' : 'ADDED', version: this.#version, path, object });
    return object;
  }

  delete(path: string, name: string): void {
    const before = this.#objects.get(`${path}/${name}`);
    if (before === undefined) throw new Error(`the fake has no ${path}/${name}`);
    this.#objects.delete(`${path}/${name}`);
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(++this.#version) } };
    this.#tell({ type: 'DELETED', version: this.#version, path, object });
  }

  bookmark(): void {
    for (const watcher of this.#watchers) this.#bookmark(watcher);
  }

  #bookmark({ from, response }: Watcher): void {
    const version = this.#version - this.behind;
    if (version < from) return;
    send(response, { type: 'BOOKMARK', object: { metadata: { resourceVersion: String(version) } } });
  }

  /** Forgets what led to the present state: watches and lists of older versions answer 410 from now on. */
  compact(): void {
    this.#compactedTo = this.#version;
  }

  /** Backs the storage up. @returns what restores it: what came since is gone, and versions are counted from then on. Watches are not told. */
  backup(): () => void {
    const [version, objects, events] = [this.#version, [...this.#objects], [...this.#events]];
    return () => {
      this.#version = version;
      this.#objects.clear();
      for (const [key, object] of objects) this.#objects.set(key, object);
      this.#events.splice(0, Infinity, ...events);
    };
  }

  /** Ends every watch: as servers do at their time-out, in the middle of a line, or by an `ERROR` event. */
  endWatches(how: 'cleanly' | 'torn' | 'expired' | 'reset' = 'cleanly'): void {
    for (const { response } of this.#watchers) {
      if (how === 'torn') response.write('{"type":"MODIFIED","object":{"metad');
      if (how === 'expired')
        send(response, { type: 'ERROR', object: status(410, 'Expired', 'too old resource version') });
      if (how === 'reset') response.destroy();
      else response.end();
    }
    this.#watchers.clear();
  }

  #tell(event: Event): void {
    this.#events.push(event);
    for (const watcher of this.#watchers) {
      if (within(watcher.path, event.path) && event.version > watcher.from)
        send(watcher.response, { type: event.type, object: event.object });
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    this.requests.push(`${request.method} ${request.url}`);
    let text = '';
    for await (const piece of request) text += String(piece);
    const fault = await this.fault?.(request, url);
    if (fault?.hangUp) {
      response.destroy();
      return;
    }
    if (fault?.text !== undefined) {
      response.end(fault.text);
      return;
    }
    if (fault) {
      reply(response, fault.code, fault.body ?? status(fault.code, 'Fault', 'told to'));
      return;
    }
    if (url.searchParams.get('watch') === 'true') this.#watch(url, response);
    else if (request.method === 'GET') this.#read(url, response);
    else if (request.method === 'PUT') this.#replace(url, JSON.parse(text) as ApiObject, response);
    else if (request.method === 'PATCH' && request.headers['content-type']?.includes('apply'))
      this.#apply(url, JSON.parse(text) as ApiObject, response);
    else if (request.method === 'POST') this.#create(url, JSON.parse(text) as ApiObject, response);
    else if (request.method === 'PATCH') this.#merge(url, JSON.parse(text) as ApiObject, response);
    else if (request.method === 'DELETE') this.#remove(url, response);
    else reply(response, 405, status(405, 'MethodNotAllowed', 'the fake knows no such method'));
  }

  #watch({ pathname, searchParams }: URL, response: ServerResponse): void {
    const from = Number(searchParams.get('resourceVersion'));
    // As real ones do: a version that is ahead is taken, and nothing is told until it is reached.
    if (from < this.#compactedTo)
      return reply(response, 410, status(410, 'Expired', 'too old resource version'));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const watcher = { path: pathname, from, response };
    for (const event of this.#events) {
      if (event.version > from && within(pathname, event.path))
        send(response, { type: event.type, object: event.object });
    }
    this.#watchers.add(watcher);
    // As real ones do: a bookmark two seconds before the end.
    const end = Number(searchParams.get('timeoutSeconds') ?? 300) * 1_000;
    const timers = [
      setTimeout(() => this.#bookmark(watcher), end - 2_000),
      setTimeout(() => response.end(), end),
    ];
    response.on('close', () => {
      this.#watchers.delete(watcher);
      for (const timer of timers) clearTimeout(timer);
    });
  }

  #read({ pathname, searchParams }: URL, response: ServerResponse): void {
    const one = this.#objects.get(pathname);
    if (one) return reply(response, 200, one);
    if (OBJECT.test(pathname)) return reply(response, 404, status(404, 'NotFound', `${pathname} not found`));
    const [version = this.#version, skip = 0] = (searchParams.get('continue') ?? '')
      .split(':')
      .filter(Boolean)
      .map(Number);
    const exact = searchParams.get('resourceVersionMatch') === 'Exact';
    const at = exact ? Number(searchParams.get('resourceVersion')) : version;
    if (at < this.#compactedTo)
      return reply(response, 410, status(410, 'Expired', 'the continue token is too old'));
    const all = this.#stateAt(at, pathname);
    const limit = Number(searchParams.get('limit') ?? all.length);
    const rest = all.length - skip - limit;
    reply(response, 200, {
      apiVersion: 'v1',
      kind: 'PodList',
      metadata: { resourceVersion: String(at), ...(rest > 0 && { continue: `${at}:${skip + limit}` }) },
      items: all.slice(skip, skip + limit),
    });
  }

  /** What a collection held at a version, by undoing what came after. */
  #stateAt(version: number, path: string): ApiObject[] {
    const state = new Map<string, ApiObject>();
    const later = new Set<string>();
    for (const event of this.#events) {
      if (!within(path, event.path)) continue;
      const key = `${event.path}/${event.object.metadata.name}`;
      if (event.version > version) later.add(key);
      else if (event.type === 'DELETED') state.delete(key);
      else state.set(key, event.object);
    }
    for (const [key, object] of this.#objects) {
      if (within(path, key.slice(0, key.lastIndexOf('/'))) && !later.has(key)) state.set(key, object);
    }
    return [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  #replace({ pathname }: URL, object: ApiObject, response: ServerResponse): void {
    const main = pathname.replace(/\/status$/, '');
    const now = this.#objects.get(main);
    if (now === undefined) return reply(response, 404, status(404, 'NotFound', `${main} not found`));
    if (now.metadata.resourceVersion !== object.metadata.resourceVersion) {
      return reply(response, 409, status(409, 'Conflict', 'the object has been modified'));
    }
    const kept = this.prune(object['status']);
    const { metadata: _, ...fields } = pathname === main ? object : { ...now, status: kept };
    reply(response, 200, this.put(main.slice(0, main.lastIndexOf('/')), now.metadata.name, fields));
  }

  /** A merge patch of annotations, labels and a spec, with the preconditions that its metadata holds. */
  #merge({ pathname }: URL, patch: ApiObject, response: ServerResponse): void {
    const now = this.#objects.get(pathname);
    if (now === undefined) return reply(response, 404, status(404, 'NotFound', `${pathname} not found`));
    const { uid = now.metadata.uid, resourceVersion = now.metadata.resourceVersion } = patch.metadata;
    if (uid !== now.metadata.uid || resourceVersion !== now.metadata.resourceVersion)
      return reply(response, 409, status(409, 'Conflict', 'it is not the one that was meant'));
    const { metadata, ...fields } = now;
    const merged = {
      ...fields,
      labels: metadata.labels,
      annotations: { ...metadata.annotations, ...patch.metadata.annotations },
      spec: { ...(now['spec'] as object), ...(patch['spec'] as object) },
    };
    reply(response, 200, this.put(pathname.slice(0, pathname.lastIndexOf('/')), metadata.name, merged));
  }

  /** Server-side apply, and merging of the fields at the top. */
  #apply({ pathname }: URL, object: ApiObject, response: ServerResponse): void {
    const now = this.#objects.get(pathname);
    const border = pathname.lastIndexOf('/');
    const { metadata, ...fields } = { ...now, ...object };
    const labels = object.metadata?.labels ?? metadata.labels;
    reply(
      response,
      200,
      this.put(pathname.slice(0, border), pathname.slice(border + 1), { ...fields, labels }),
    );
  }

  #create({ pathname }: URL, object: ApiObject, response: ServerResponse): void {
    if (this.#objects.has(`${pathname}/${object.metadata.name}`)) {
      return reply(response, 409, status(409, 'AlreadyExists', `${object.metadata.name} already exists`));
    }
    const { metadata, ...fields } = object;
    const { labels, annotations } = metadata;
    reply(response, 201, this.put(pathname, metadata.name, { ...fields, labels, annotations }));
  }

  #remove({ pathname }: URL, response: ServerResponse): void {
    const now = this.#objects.get(pathname);
    if (now === undefined) return reply(response, 404, status(404, 'NotFound', `${pathname} not found`));
    this.delete(pathname.slice(0, pathname.lastIndexOf('/')), now.metadata.name);
    reply(response, 200, now);
  }
}

/** The path of one object. */
const OBJECT = /^\/(?:api\/v1|apis\/[^/]+\/[^/]+)(?:\/namespaces\/[^/]+)?\/[^/]+\/[^/]+$/;

/** Whether a collection's path, perhaps that of all namespaces, holds what lies in another. */
function within(path: string, inner: string): boolean {
  return path === inner || path === inner.replace(/\/namespaces\/[^/]+/, '');
}

function send(response: ServerResponse, event: object): void {
  response.write(`${JSON.stringify(event)}\n`);
}

function reply(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function status(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message };
}
