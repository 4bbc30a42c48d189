import { readFileSync, writeFileSync } from 'node:fs';
import { coverageSchema } from '../coverage-statement.ts';
import { openApi } from '../openapi.ts';
import { whoMayTable } from '../who-may.ts';

/** Writes the documents that are generated from the operations. */
const root = new URL('../../../../', import.meta.url);
const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
writeFileSync(new URL('docs/openapi.json', root), `${JSON.stringify(openApi(version), undefined, 2)}\n`);
writeFileSync(
  new URL('docs/coverage-statement.schema.json', root),
  `${JSON.stringify(coverageSchema(), undefined, 2)}\n`,
);

const permissions = new URL('docs/permissions.md', root);
const [before, , after] = readFileSync(permissions, 'utf8').split(
  /(?<=<!-- routes -->\n)|(?=<!-- \/routes -->)/,
);
writeFileSync(permissions, `${before}\n${whoMayTable()}\n\n${after}`);
