import { readFileSync } from 'node:fs';
import { flowOf, FLOW_FORMATS, readFlowText, type Flow, type FlowFormat } from '@margay/flows';
import { formatsTable, ingestFlows, readFlows } from '@margay/flow-ingestor';
import { openMetrics, silentLog } from '@margay/runtime';
import { expect, test } from 'vitest';
import { flowLogsTaken } from './options.ts';

const pod = (name: string) => ({ type: 'pod' as const, namespace: 'toys', name, nameIsPrefix: false });

/** A format as one file would have it: `{"toy": "train > station", "second": 1700000000}`. */
const TOY: FlowFormat = {
  name: 'toy',
  title: 'toy traffic',
  description: 'Made up.',
  recognisedBy: '`toy`',
  recognises: ({ toy }) => toy !== undefined,
  read({ toy, second }) {
    const [from, to] = String(toy).split(' > ');
    if (from === undefined || to === undefined)
      return { kind: 'unusable', reason: 'unreadable', message: 'toy is not FROM > TO' };
    const at = Number(second) * 1_000_000;
    const ends = { source: pod(from), destination: pod(to) };
    const flow = flowOf({ startAt: at, endAt: at, reporter: 'src', action: 'allow', ...ends });
    return { kind: 'flow', at, flow };
  },
};
const WITH_TOY = [...FLOW_FORMATS, TOY];

const calicoLine = JSON.stringify({
  start_time: 1_700_000_000,
  end_time: 1_700_000_300,
  action: 'allow',
  reporter: 'src',
  source_type: 'wep',
  source_namespace: 'shop',
  source_name_aggr: 'web-*',
  dest_type: 'net',
  dest_name_aggr: 'pub',
});
const toyLine = '{"toy":"train > station","second":1700000000}';

test('a format is one more element of the list: lines of it are told from others and read', () => {
  expect(readFlowText(toyLine)).toMatchObject([{ kind: 'unusable', reason: 'not-a-flow' }]);
  expect(readFlowText(toyLine, WITH_TOY)).toMatchObject([
    {
      kind: 'flow',
      flow: { source: pod('train'), destination: pod('station') },
    },
  ]);
  expect(readFlowText(calicoLine, WITH_TOY)).toEqual(readFlowText(calicoLine));
  expect(readFlowText('{"toy":1}', WITH_TOY)).toMatchObject([{ kind: 'unusable', reason: 'unreadable' }]);
  expect(readFlowText('{"tool":1}', WITH_TOY)).toMatchObject([
    {
      message:
        'It is a record of no flow log that is known: Calico flow logs have `action`; toy traffic have `toy`.',
    },
  ]);
});

test('the ingestor reads both from one source', async () => {
  const published: Flow[] = [];
  const ingest = ingestFlows({
    publish: async (_, flows) => void published.push(...flows),
    metrics: openMetrics({ defaults: false }),
    log: silentLog,
  });
  const texts = [calicoLine, toyLine, '{}'].map((text, position) => ({ text, position }));
  expect(await ingest('c', readFlows('s', texts, WITH_TOY))).toEqual({ kept: 2, merged: 0, unusable: 1 });
  expect(published.map(({ source }) => source.name)).toEqual(['web-*', 'train']);
});

test('help and documents are made of the list', () => {
  expect(flowLogsTaken(WITH_TOY)).toBe('Calico flow logs and toy traffic (JSON lines)');
  expect(formatsTable(WITH_TOY)).toMatch(/\| `toy` +\| toy traffic +\| `toy` +\| Made up\. +\|/);
  const configuration = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
  expect(configuration).toContain(formatsTable());
});
