import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyOfTree, ROOT, type TreeCopy } from './testing/copy-of-tree.ts';

/**
 * The registries keep their promise: in a copy of the tree one of each thing is added as docs/adding.md says, the whole is
 * compiled, and it is there everywhere. Each toy is the files that it brings and the lines that it adds to others.
 */
interface Toy {
  /** New files, by path. */
  readonly files: Readonly<Record<string, string>>;
  /** Changes of files that are there: a text is put before the first of another. */
  readonly lines: readonly (readonly [file: string, before: string, text: string])[];
}

const REPORT_TYPE: Toy = {
  files: {
    'libs/reports/src/toy/toy.ts': `
      import { csv } from '../csv.ts';
      import type { BuiltInReportType } from '../report-type.ts';
      import { panel } from '../ui-summary.ts';
      export const TOY: BuiltInReportType = {
        name: 'toy',
        answers: 'how many endpoints there are',
        spec: { includeEndpointData: true, includeEndpointFlowLogData: false, auditEventsSelection: { resources: [] } },
        downloads: [
          {
            name: 'toy.csv',
            description: 'Each endpoint',
            mediaType: 'text/csv',
            lists: 'endpoints',
            render: ({ endpoints }, piece) => csv([['endpoint', (row) => row.endpoint]], endpoints, piece),
          },
        ],
        uiSummary: ({ endpointsSummary: { numTotal } }) => panel('Toys', [['Endpoints', 'Toys', numTotal, numTotal]]),
      };`,
  },
  lines: [
    ['libs/reports/src/report-types.ts', 'import', "import { TOY } from './toy/toy.ts';\n"],
    ['libs/reports/src/report-types.ts', 'PROTECTION_AUDIT].map', 'TOY, '],
  ],
};

const FLOW_FORMAT: Toy = {
  files: {
    'libs/flows/src/formats/toy.ts': `
      import { flowOf } from '../flow.ts';
      import type { FlowFormat } from './format.ts';
      const pod = (name: string) => ({ type: 'pod' as const, namespace: 'toys', name, nameIsPrefix: false });
      export const TOY: FlowFormat = {
        name: 'toy',
        title: 'toy traffic',
        description: 'Made up.',
        recognisedBy: '\`toy\`',
        recognises: ({ toy }) => toy !== undefined,
        read: () => ({
          kind: 'flow',
          at: 1,
          flow: flowOf({ startAt: 1, endAt: 1, reporter: 'src', action: 'allow', source: pod('a'), destination: pod('b') }),
        }),
      };`,
  },
  lines: [
    ['libs/flows/src/formats/formats.ts', 'import', "import { TOY } from './toy.ts';\n"],
    ['libs/flows/src/formats/formats.ts', 'CALICO];', 'TOY, '],
  ],
};

const POLICY_KIND: Toy = {
  files: {},
  lines: [
    [
      'libs/ground/src/kinds.ts',
      "  inCalico('networksets'",
      "  { ...policy(inCore('toynetworkpolicies', 'ToyNetworkPolicy', true, 'policy'), 'kubernetes'), group: 'toys.example.org' },\n",
    ],
  ],
};

const EXPORT: Toy = {
  files: {
    'services/api/src/exports/toy.ts': `
      import type { ArchivedHeader } from '@margay/storage';
      export const toy = (_: unknown, { digest }: ArchivedHeader) =>
        Promise.resolve({ bytes: Buffer.from(digest) });`,
  },
  lines: [
    ['services/api/src/exports/downloads.ts', 'import', "import { toy } from './toy.ts';\n"],
    [
      'services/api/src/exports/downloads.ts',
      "  'report.pdf':",
      "  'toy.txt': { mediaType: 'text/plain', made: toy },\n",
    ],
    ['libs/reports/src/files-of-every-report.ts', "'report.pdf'", "'toy.txt', "],
  ],
};

const ROUTE: Toy = {
  files: {
    'libs/api-contract/src/answers/toys.ts': `
      import * as z from 'zod';
      export const toys = z.object({ toys: z.number() });
      export type Toys = z.output<typeof toys>;`,
    'services/api/src/toys.controller.ts': `
      import { Controller } from '@nestjs/common';
      import { OPERATIONS } from '@margay/api-contract';
      import { Serves } from './http/serves.ts';
      @Controller()
      export class ToysController {
        @Serves(OPERATIONS.toys)
        toys() {
          return { toys: 3 };
        }
      }`,
    'services/dashboard/page/toys.ts': `
      import type { Toys } from '@margay/api-contract';
      export const told = ({ toys }: Toys): string => toys.toFixed();`,
  },
  lines: [
    ['libs/api-contract/src/operations.ts', 'import', "import { toys } from './answers/toys.ts';\n"],
    [
      'libs/api-contract/src/operations.ts',
      '  cluster: {',
      "  toys: { method: 'get', path: '/toys', summary: 'Toys.', right: 'list', answer: json('Toys.', toys) },\n",
    ],
    ['libs/api-contract/src/openapi.ts', 'import', "import { toys } from './answers/toys.ts';\n"],
    ['libs/api-contract/src/openapi.ts', '  Cluster: cluster,', '  Toys: toys,\n'],
    ['libs/api-contract/src/index.ts', 'export', "export type { Toys } from './answers/toys.ts';\n"],
    ['services/api/src/api.module.ts', 'import', "import { ToysController } from './toys.controller.ts';\n"],
    ['services/api/src/api.module.ts', '  ClusterController,\n', '  ToysController,\n'],
  ],
};

/** What a program that has the copy's packages at hand sees of the toys. */
const SEES = `
import { FLOW_FORMATS, readFlowText } from '@margay/flows';
import { AUDITED_RESOURCES } from '@margay/ground';
import { customResourceDefinitions, neededRules, predefinedReportTypes } from '@margay/kubernetes';
import { readPolicy } from '@margay/policy';
import { readReportType } from '@margay/reports';
import { openApi } from '@margay/api-contract';
const policy = { apiVersion: 'toys.example.org/v1', kind: 'ToyNetworkPolicy', metadata: { name: 'a', namespace: 'n' }, spec: { podSelector: {} } };
const key = { group: 'toys.example.org', resource: 'toynetworkpolicies', namespace: 'n', name: 'a' };
console.log(JSON.stringify({
  reportTypeObject: predefinedReportTypes().find(({ metadata }) => metadata.name === 'toy')?.spec,
  definition: JSON.stringify(customResourceDefinitions()).includes('protection-audit, toy,') || JSON.stringify(customResourceDefinitions()).includes('toy, protection-audit'),
  formats: FLOW_FORMATS.map(({ name }) => name),
  flow: readFlowText('{"toy":1}')[0].kind,
  audited: AUDITED_RESOURCES.includes('toynetworkpolicies'),
  rules: JSON.stringify(neededRules('ingestor')).includes('toynetworkpolicies'),
  policy: readPolicy(policy, key)?.types ?? readPolicy(policy, key)?.problems,
  takenFile: 'problems' in readReportType({ metadata: { name: 'own' }, spec: { downloadTemplates: [{ name: 'toy.txt', template: 'x' }] } }),
  openApi: Object.keys(openApi('0').paths).filter((path) => path.includes('toys')),
}));`;

let tree: TreeCopy;
let seen: Record<string, unknown>;
beforeAll(() => {
  tree = copyOfTree('toys');
  for (const { files, lines } of [REPORT_TYPE, FLOW_FORMAT, POLICY_KIND, EXPORT, ROUTE]) {
    for (const [file, text] of Object.entries(files)) tree.write(file, `${text}\n`);
    for (const [file, before, text] of lines) {
      const whole = tree.read(file);
      if (!whole.includes(before)) throw new Error(`${file} has no ${before}`);
      tree.write(
        file,
        whole.replace(before, () => text + before),
      );
    }
  }
  const compiler = join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(compiler, ['-b', 'tsconfig.build.json'], { cwd: tree.path, stdio: 'inherit' });
  tree.write('test/sees.mjs', SEES);
  seen = JSON.parse(
    execFileSync(process.execPath, ['test/sees.mjs'], { cwd: tree.path, encoding: 'utf8' }),
  ) as Record<string, unknown>;
}, 180_000);
afterAll(() => tree.remove());

describe.each([
  ['a report type', REPORT_TYPE, 1, 1],
  ['a flow format', FLOW_FORMAT, 1, 1],
  ['a policy kind of a known form', POLICY_KIND, 0, 1],
  ['an export', EXPORT, 1, 2],
  ['a route with its page', ROUTE, 3, 4],
])('%s', (_, { files, lines }, brought, changed) => {
  test(`brings ${brought} files and changes ${changed}`, () => {
    expect(Object.keys(files)).toHaveLength(brought);
    expect(new Set(lines.map(([file]) => file)).size).toBe(changed);
  });
});

test('a report type is in the cluster, in the words of the definition and on the command line', () => {
  expect(seen).toMatchObject({
    reportTypeObject: {
      includeEndpointData: true,
      downloadTemplates: [{ name: 'toy.csv', description: 'Each endpoint', template: '' }],
    },
    definition: true,
  });
  const { stdout } = spawnSync(process.execPath, ['services/margay/bin/margay.js', 'report', '--help'], {
    cwd: tree.path,
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/--type.*\n?.*"toy"/);
});

test('a flow format reads its lines', () => {
  expect(seen).toMatchObject({ formats: ['toy', 'calico'], flow: 'flow' });
});

test('a policy kind is read, audited and watched', () => {
  expect(seen).toMatchObject({ audited: true, rules: true, policy: expect.anything() as unknown });
});

test('the name of an export is taken', () => {
  expect(seen).toMatchObject({ takenFile: true });
});

test('a route is documented', () => {
  expect(seen).toMatchObject({ openApi: ['/toys'] });
});
