import { readFileSync, writeFileSync } from 'node:fs';
import { openApi } from '../openapi.ts';

/** Writes the document that is generated from the operations. */
const root = new URL('../../../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
writeFileSync(new URL('docs/openapi.json', root), `${JSON.stringify(openApi(version), undefined, 2)}\n`);
