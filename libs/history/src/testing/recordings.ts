import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Instant, parseInstant } from '@margay/ground';

const folder = new URL('../../../../test/clusters/', import.meta.url);
const gunzipped = (path: string) => gunzipSync(readFileSync(new URL(path, folder))).toString('utf8');

/** The lines of a recorded audit log. */
export const recordedLines = (path: string): string[] =>
  gunzipped(path)
    .split('\n')
    .filter((line) => line !== '');

/** What the API server listed at a quiet instant. */
export interface Truth {
  readonly file: string;
  readonly at: Instant;
  /** `resource group namespace/name uid resourceVersion`, sorted. */
  readonly objects: readonly string[];
}

interface Item {
  readonly metadata: {
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

/** The truths of a recording, in time order. */
export function truthsOf(recording: string): Truth[] {
  return readdirSync(new URL(`${recording}/truth/`, folder))
    .sort()
    .map((file) => {
      const { from, to, lists } = JSON.parse(gunzipped(`${recording}/truth/${file}`)) as {
        from: string;
        to: string;
        lists: Record<string, { apiVersion: string; items: Item[] }>;
      };
      const objects = Object.entries(lists).flatMap(([resource, { apiVersion, items }]) => {
        const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
        return items.map(
          ({ metadata: { namespace = '', name, uid, resourceVersion } }) =>
            `${resource.split('.')[0]} ${group} ${namespace}/${name} ${uid} ${resourceVersion}`,
        );
      });
      return { file, at: (parseInstant(from)! + parseInstant(to)!) / 2, objects: objects.sort() };
    });
}
