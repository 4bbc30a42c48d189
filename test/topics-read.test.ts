import { globSync, readFileSync } from 'node:fs';
import * as contracts from '@margay/contracts';
import { expect, test } from 'vitest';
import { topicsRead } from './testing/topics-read.ts';

const exported: Readonly<Record<string, unknown>> = contracts;

test('the topics on which rubbish is tried are those that handlers of a cell’s services declare', () => {
  const sources = globSync('services/{audit-ingestor,snapshotter,report-worker,scheduler}/src/**/*.ts');
  const declared = sources
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^ *@OnTopic\((\w+),/gm)])
    // A bare name is that of a topic of others, as logs of API servers come on.
    .flatMap(([, name]) => (exported[name!] as { readonly name: string } | undefined)?.name ?? []);
  // What hubs are told is read only by workers that hand it on to brokers of a hub.
  const read = [...topicsRead, contracts.hubNews].map(({ name }) => name);
  expect(new Set(declared)).toEqual(new Set(read));
});
