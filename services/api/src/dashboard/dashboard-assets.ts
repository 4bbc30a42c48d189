import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** A file as it is served. */
export interface Asset {
  readonly mediaType: string;
  readonly body: string;
  readonly etag: string;
}

/** The one library of the dashboard, which it imports by its package's name. */
const LIBRARY = { name: 'htm/preact', file: 'preact.js' };

/** The pages of the dashboard, and the files that they load from `/dashboard/`. */
export interface Dashboard {
  readonly page: Asset;
  readonly docs: Asset;
  readonly files: ReadonlyMap<string, Asset>;
}

/**
 * Reads the dashboard as it is compiled: each module is a file of its own, so that there is no bundler; `docs/architecture.md`
 * says why.
 */
export function readDashboard(): Dashboard {
  const directory = new URL('.', import.meta.resolve('@margay/dashboard/package.json'));
  const read = (path: string) => readFileSync(new URL(path, directory), 'utf8');
  const scripts = readdirSync(new URL('dist/', directory)).filter((name) => name.endsWith('.js'));
  return {
    page: asset('text/html', read('index.html')),
    docs: asset('text/html', read('docs.html')),
    files: new Map([
      ['style.css', asset('text/css', read('style.css'))],
      ...scripts.map((name): [string, Asset] => [
        name,
        asset('text/javascript', read(`dist/${name}`).replaceAll(`'${LIBRARY.name}'`, `'./${LIBRARY.file}'`)),
      ]),
      [
        LIBRARY.file,
        asset(
          'text/javascript',
          readFileSync(new URL(import.meta.resolve(`${LIBRARY.name}/standalone`)), 'utf8'),
        ),
      ],
    ]),
  };
}

function asset(mediaType: string, body: string): Asset {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { mediaType: `${mediaType}; charset=utf-8`, body, etag };
}
