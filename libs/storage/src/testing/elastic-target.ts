import { Client } from '@elastic/elasticsearch';
import { documentId } from '../elasticsearch/documents.ts';
import { elasticsearchArchive } from '../archive/elasticsearch.ts';
import { elasticOf } from '../elasticsearch/connection.ts';
import { elasticsearchLedger } from '../ledger/elasticsearch.ts';
import { openElasticsearch } from '../elasticsearch.ts';
import { sha256 } from '../archive/digests.ts';
import type { Insider, Kept, Kind, Target, Values } from './insider.ts';

type Source = Readonly<Record<string, unknown>>;
interface Document {
  readonly index: string;
  readonly id: string;
  readonly source: Source;
  readonly version: number;
}

/** The indices, after the prefix, and the order of what is in them. */
const INDICES: Readonly<Record<Kind, { readonly index: string; readonly order: readonly string[] }>> = {
  headers: { index: 'report-headers', order: ['id'] },
  parts: { index: 'report-parts-*', order: ['reportId', 'part'] },
  entries: { index: 'log-entries', order: ['number'] },
  tiles: { index: 'log-tiles', order: ['level', 'index'] },
  head: { index: 'log-heads', order: [] },
  confirmations: { index: 'log-confirmations', order: ['size', 'by'] },
  ends: { index: 'report-chains', order: ['reportName'] },
};

/** What the head's document holds of what was appended last. */
interface Growth {
  readonly head: Source;
  readonly before: number;
  readonly entries: readonly { readonly run: string; readonly text: string; readonly statement?: string }[];
  readonly tiles: readonly { readonly level: number; readonly index: number; readonly bytes: string }[];
}

/** An archive in Elasticsearch: all documents of a prefix, whichever cluster somebody says that they are of. */
export async function elasticTarget(node: string, prefix: string, cluster: string): Promise<Target> {
  const client = new Client({ node });
  const kept = new Map<string, readonly Document[]>();
  const visible = () => client.indices.refresh({ index: `${prefix}-*` });

  const documentsIn = async (index: string): Promise<Document[]> => {
    const { hits } = await client.search<Source>({
      index: `${prefix}-${index}`,
      size: 10_000,
      version: true,
      ignore_unavailable: true,
    });
    return hits.hits.map(({ _index, _id, _source, _version }) => ({
      index: _index,
      id: _id!,
      source: _source!,
      version: _version!,
    }));
  };
  const everything = async () => {
    await visible();
    return (await Promise.all(Object.values(INDICES).map(({ index }) => documentsIn(index)))).flat();
  };
  const put = async ({ index, id, source }: Omit<Document, 'version'>) => {
    await client.index({ index, id, document: source });
  };
  const drop = async ({ index, id }: Document) => {
    await client.delete({ index, id });
  };
  const putBack = async (name: string) => {
    const wanted = new Map(kept.get(name)!.map((document) => [`${document.index}/${document.id}`, document]));
    const now = new Map(
      (await everything()).map((document) => [`${document.index}/${document.id}`, document]),
    );
    const isSame = (place: string) =>
      JSON.stringify(now.get(place)?.source) === JSON.stringify(wanted.get(place)?.source);
    const isTile = ({ index }: Document) => index === `${prefix}-${INDICES.tiles.index}`;
    const wrong = [...new Set([...now.keys(), ...wanted.keys()])].filter((place) => !isSame(place));
    const areTilesWrong = wrong.some((place) => isTile((now.get(place) ?? wanted.get(place))!));
    // Of a document that was removed its version is remembered, and those of tiles say how wide they are: their index is made anew.
    if (areTilesWrong) await client.indices.delete({ index: `${prefix}-${INDICES.tiles.index}` });
    const operations: object[] = [];
    for (const place of wrong) {
      const [is, was] = [now.get(place), wanted.get(place)];
      if (isTile((is ?? was)!)) continue;
      if (was === undefined) operations.push({ delete: { _index: is!.index, _id: is!.id } });
      else operations.push({ index: { _index: was.index, _id: was.id } }, was.source);
    }
    if (areTilesWrong)
      for (const { index, id, version, source } of [...wanted.values()].filter(isTile))
        operations.push({ index: { _index: index, _id: id, version, version_type: 'external' } }, source);
    if (operations.length === 0) return;
    const { errors } = await client.bulk({ operations, refresh: true });
    if (errors) throw new Error('Not all that was kept could be put back.');
  };

  const headOf = async () => {
    await visible();
    const [document] = await documentsIn(INDICES.head.index);
    return {
      document,
      growth: JSON.parse((document?.source['growth'] as string | undefined) ?? 'null') as Growth,
    };
  };
  /** Changes what the head has beside the log. */
  const changeGrowth = async (change: (growth: Growth) => Growth) => {
    const { document, growth } = await headOf();
    if (document === undefined) return;
    const next = change(growth);
    await put({
      ...document,
      source: { ...document.source, size: next.head['size'], growth: JSON.stringify(next) },
    });
  };
  const inGrowth = (kind: Kind, values: Values, next: Values | undefined) =>
    changeGrowth((growth) => {
      if (kind === 'entries')
        return {
          ...growth,
          entries: growth.entries.flatMap((entry, i) => {
            if (growth.before + i !== values['number']) return [entry];
            return next === undefined
              ? []
              : [
                  {
                    run: next['run'] as string,
                    text: next['entry'] as string,
                    statement: (next['statement'] ?? undefined) as string,
                  },
                ];
          }),
        };
      const isIt = (tile: Growth['tiles'][number]) =>
        tile.level === values['level'] && tile.index === values['index'];
      return {
        ...growth,
        tiles: growth.tiles.flatMap((tile) =>
          isIt(tile) ? (next === undefined ? [] : [{ ...tile, bytes: next['bytes'] as string }]) : [tile],
        ),
      };
    });
  const standsTwice = (kind: Kind) => kind === 'entries' || kind === 'tiles';

  const insider: Insider = {
    async all(kind) {
      if (kind === 'head') {
        const { document, growth } = await headOf();
        return document === undefined ? [] : [{ place: document, values: growth.head as Values }];
      }
      const { index, order } = INDICES[kind];
      await visible();
      const found = (await documentsIn(index)).map((document): Kept => {
        // Where a tile is, its id says.
        const [, level, number] = document.id.split('/');
        const place = kind === 'tiles' ? { level: Number(level), index: Number(number) } : {};
        return { place: document, values: { ...document.source, ...place } as Values };
      });
      const by = ({ values }: Kept) => order.map((name) => values[name]!);
      return found.sort((a, b) => compare(by(a), by(b)));
    },
    async change(kind, { place, values: before }, values) {
      const { index, id } = place as Document;
      if (kind === 'head') {
        await changeGrowth((growth) => ({ ...growth, head: { ...growth.head, ...values } }));
        return;
      }
      const { _source: source } = await client.get<Source>({ index, id });
      const known = Object.entries(values).filter(([name]) => name in source!);
      const next = Object.entries({ ...source, ...Object.fromEntries(known) });
      await put({ index, id, source: Object.fromEntries(next.filter(([, value]) => value !== null)) });
      if (standsTwice(kind)) await inGrowth(kind, before, { ...before, ...values });
    },
    async remove(kind, { place, values }) {
      await drop(place as Document);
      if (standsTwice(kind)) await inGrowth(kind, values, undefined);
    },
    async add(kind, { place, values: before }, values) {
      const { index, source } = place as Document;
      const known = Object.entries(values).filter(([name]) => name in source);
      const id = idOf(cluster, kind, { ...before, ...values });
      await put({ index, id, source: { ...source, ...Object.fromEntries(known) } });
    },
  };

  const stores = await openElasticsearch({ nodes: [node], prefix, cluster });
  return {
    stores,
    kinds: new Set(Object.keys(INDICES) as Kind[]),
    async keep(name) {
      kept.set(name, await everything());
      // What is written is waited for.
      const settings = { refresh_interval: '50ms' };
      await client.indices.putSettings({ index: `${prefix}-*`, settings });
    },
    async attacked(name, damage, look) {
      await putBack(name);
      await damage(insider);
      await visible();
      // As one that was opened then: nothing is remembered.
      const elastic = elasticOf(client, cluster, prefix);
      return look({
        ...stores,
        archive: elasticsearchArchive(elastic),
        ledger: elasticsearchLedger(elastic),
      });
    },
    async close() {
      await client.indices.delete({ index: `${prefix}-*` }).catch(() => {});
      await client.close();
      await stores.close();
    },
  };
}

function idOf(cluster: string, kind: Kind, values: Values): string {
  const of = (...names: string[]) => names.map((name) => values[name] as string | number);
  switch (kind) {
    case 'headers':
      return documentId(cluster, ...of('id'));
    case 'parts':
      return documentId(cluster, ...of('reportId', 'part'), sha256(values['rows'] as string));
    case 'entries':
      return documentId(cluster, ...of('number'));
    case 'tiles':
      return documentId(cluster, ...of('level', 'index'));
    case 'ends':
      return documentId(cluster, ...of('reportName'));
    case 'confirmations':
      return documentId(cluster, ...of('size', 'by'));
    case 'head':
      return documentId(cluster);
  }
}

function compare(a: readonly (string | number)[], b: readonly (string | number)[]): number {
  for (const [i, value] of a.entries()) {
    if (value < b[i]!) return -1;
    if (value > b[i]!) return 1;
  }
  return 0;
}
