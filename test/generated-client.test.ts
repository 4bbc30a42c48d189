import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@hey-api/openapi-ts';
import { byToken } from '@margay/api';
import { expect, onTestFinished, test } from 'vitest';
import { addressOf, apiHere } from './testing/api-application.ts';
import { recordedStores, report, SPAN, windowOf } from './testing/recorded-stores.ts';

const COMPILER = new URL('../node_modules/@typescript/native/bin/tsc', import.meta.url).pathname;
const TOKEN = 'a-long-enough-token';

/** What somebody writes who has nothing but `/api/openapi.json`. It compiles only where the answers are described. */
const PROGRAM = `
import { createClient } from './client/client/index.js';
import { rows, run, runs } from './client/index.js';

const [baseUrl, token] = process.argv.slice(2) as [string, string];
const client = createClient({ baseUrl: baseUrl + '/api/v1', auth: token });

const { data: page } = await runs({ client, query: { type: 'inventory', limit: 1 } });
const found = page?.items[0];
if (found === undefined) throw new Error('no run');
const { data: one } = await run({ client, path: { id: found.id } });
const rings: number[] = one?.summary?.rings.map(({ value }) => value) ?? [];
const complete: boolean | undefined = one?.evidence?.complete;
// @ts-expect-error the description says which fields there are
one?.nothing;
const { data: services } = await rows({ client, path: { id: found.id, kind: 'services' } });
const { error, response } = await run({ client, path: { id: 'none' } });
const status: number | undefined = error?.status;
console.log(JSON.stringify({
  id: found.id,
  rings,
  complete,
  services: services?.total,
  none: [response?.status, status, error?.detail],
}));
`;

const OPTIONS = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    target: 'ES2024',
    lib: ['ES2024', 'DOM', 'DOM.Iterable'],
    module: 'NodeNext',
    outDir: 'out',
    types: ['node'],
    typeRoots: [new URL('../node_modules/@types', import.meta.url).pathname],
  },
  include: ['**/*.ts'],
};

test('a client that is generated from /api/openapi.json compiles, and reads a run', async () => {
  const stores = await recordedStores();
  const inventory = await report(stores, windowOf('inventory-1', 'inventory', SPAN, 'inventory'));
  const app = await apiHere({ stores, access: byToken(TOKEN) });
  const directory = mkdtempSync(join(tmpdir(), 'margay-client-'));
  onTestFinished(async () => {
    rmSync(directory, { recursive: true });
    await app.close();
    await stores.close();
  });
  const url = await addressOf(app);

  await createClient({
    input: `${url}/api/openapi.json`,
    output: { path: join(directory, 'client'), importFileExtension: '.js' },
    plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
    logs: { level: 'silent' },
  });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(OPTIONS));
  writeFileSync(join(directory, 'program.ts'), PROGRAM);
  const compiled = spawnSync(process.execPath, [COMPILER, '-p', directory], { encoding: 'utf8' });
  expect(compiled.stdout).toBe('');
  expect(compiled.status).toBe(0);

  const told = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, [join(directory, 'out/program.js'), url, TOKEN], (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    );
  });
  const { endpointsSummary, namespacesSummary, services } = inventory;
  expect(JSON.parse(told)).toEqual({
    id: 'inventory-1',
    rings: [
      endpointsSummary.numIngressProtected,
      namespacesSummary.numIngressProtected,
      endpointsSummary.numEgressProtected,
      namespacesSummary.numEgressProtected,
    ],
    complete: true,
    services: services.length,
    none: [404, 404, 'There is no run none'],
  });
});
