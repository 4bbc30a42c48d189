import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';

/** A file as it is served. */
export interface Asset {
  readonly mediaType: string;
  readonly body: string;
  readonly etag: string;
}

const DASHBOARD = new URL('../../dashboard/', import.meta.url);

/** The one library of the dashboard, which it imports by its package's name. */
const LIBRARY = { name: 'htm/preact', path: '/dashboard/preact.js' };

/**
 * The files of the dashboard, by their path. It is written in TypeScript that browsers run once its types are taken out, so
 * there is no build; `docs/architecture.md` says why.
 */
export function dashboardAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  const add = (path: string, mediaType: string, body: string) => {
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    assets.set(path, { mediaType: `${mediaType}; charset=utf-8`, body, etag });
  };
  const read = (path: string | URL) => readFileSync(new URL(path, DASHBOARD), 'utf8');
  add('/', 'text/html', read('index.html'));
  add('/api/docs', 'text/html', read('docs.html'));
  add('/dashboard/style.css', 'text/css', read('style.css'));
  for (const file of readdirSync(new URL('page/', DASHBOARD)).filter((name) => name.endsWith('.ts'))) {
    const script = withoutTypes(read(`page/${file}`)).replaceAll(`'${LIBRARY.name}'`, `'${LIBRARY.path}'`);
    add(`/dashboard/${file}`, 'text/javascript', script);
  }
  const library = new URL(import.meta.resolve('htm/preact/standalone'));
  add(LIBRARY.path, 'text/javascript', readFileSync(library, 'utf8'));
  return assets;
}

/** Types become spaces. Node says that this is experimental; what it is used for here does not depend on details. */
function withoutTypes(source: string): string {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}
