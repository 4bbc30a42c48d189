import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { AUDIT_LOG, margay, ownFolder } from './testing/margay.ts';

const recorded = gunzipSync(readFileSync(AUDIT_LOG)).toString('utf8');

test.each([
  ['--help teaches', ['--help'], 0, /Examples:/],
  ['every command has help of its own', ['report', '--help'], 0, /--namespace-selector/],
  ['an unknown command', ['bogus'], 2, /unknown command 'bogus'/],
  ['no audit log', ['report', '--type', 'inventory'], 2, /--audit-log/],
  [
    'an unknown type',
    ['report', '--type', 'x', '--audit-log', AUDIT_LOG],
    2,
    /inventory, network-access, policy-audit, protection-audit/,
  ],
  ['a run of nothing', ['run'], 2, /Name a GlobalReport, or set TIGERA_COMPLIANCE_REPORT_NAME/],
  ['no type', ['report', '--audit-log', AUDIT_LOG], 2, /--type/],
  [
    'a missing file',
    ['report', '--type', 'inventory', '--audit-log', '/nowhere'],
    1,
    /Cannot read \/nowhere: there is no such file/,
  ],
  [
    'a folder that is to be followed',
    ['up', '--cluster', 'c', '--follow', '--audit-log', '/tmp'],
    1,
    /it is a folder/,
  ],
  [
    'a window that ends before it begins',
    [
      'report',
      '--type',
      'inventory',
      '--audit-log',
      AUDIT_LOG,
      '--start',
      '2026-11-24T00:20:00Z',
      '--end',
      '2026-11-24T00:19:00Z',
    ],
    2,
    /not after its start/,
  ],
  [
    'a time that is none',
    ['report', '--type', 'inventory', '--audit-log', AUDIT_LOG, '--start', 'noon'],
    2,
    /RFC 3339/,
  ],
  [
    'a selector that does not parse',
    ['report', '--type', 'inventory', '--audit-log', AUDIT_LOG, '--selector', 'app =='],
    2,
    /endpoints\.selector.*position 6/,
  ],
  ['a port that is none', ['up', '--port', 'x'], 2, /It is no port/],
  ['a log of nobody knows which cluster', ['up', '--audit-log', AUDIT_LOG], 2, /--cluster/],
  ['a cluster without a name', ['up', '--watch'], 2, /--cluster/],
  ['following nothing', ['up', '--follow'], 2, /--follow needs --audit-log/],
])('%s: exit code and what to do', (_, args, code, words) => {
  const ran = margay(args);
  expect(ran.err + ran.out).toMatch(words);
  expect(ran.code).toBe(code);
});

test.skipIf(process.platform === 'win32')(
  'a pipe given as a file is refused at once, with what to do',
  () => {
    const pipe = join(ownFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const { code, err } = margay(['report', '--type', 'inventory', '--audit-log', pipe]);
    expect(err).toContain(`Cannot read ${pipe}: it is a pipe`);
    expect(err).toContain('on standard input');
    expect(code).toBe(1);
  },
);

test('the same log gives the same bytes, shuffled, doubled and compressed alike but for what is said of sources', () => {
  const lines = recorded.trimEnd().split('\n');
  const folder = ownFolder();
  const rowsOf = (content: string | Uint8Array) => {
    const log = join(folder, 'audit.log');
    writeFileSync(log, content);
    const { out, code } = margay(['report', '--type', 'inventory', '--audit-log', log]);
    expect(code).toBe(0);
    const { evidence: _, digest: __, ...rest } = JSON.parse(out) as Record<string, unknown>;
    return { out, rest };
  };
  const plain = rowsOf(recorded);
  expect(rowsOf(recorded).out).toBe(plain.out);
  expect(rowsOf(gzipSync(recorded)).out).toBe(plain.out);
  expect(rowsOf(lines.toReversed().join('\n')).rest).toEqual(plain.rest);
  expect(rowsOf(`${recorded}${recorded}`).rest).toEqual(plain.rest);
});

test('a doubled log is counted: what was read twice is a duplicate', () => {
  const folder = ownFolder();
  writeFileSync(join(folder, 'a.log'), recorded);
  writeFileSync(join(folder, 'b.log'), recorded);
  const { out } = margay([
    'report',
    '--type',
    'inventory',
    '--audit-log',
    join(folder, 'a.log'),
    join(folder, 'b.log'),
  ]);
  const { sources } = (
    JSON.parse(out) as {
      evidence: { sources: { events: { read: number; applied: number; ignored: Record<string, number> } } };
    }
  ).evidence;
  const { read, applied, ignored } = sources.events;
  expect(read).toBe(2 * 2362);
  expect(ignored['duplicate']).toBe(applied);
  expect(applied + Object.values(ignored).reduce((sum, n) => sum + n, 0)).toBe(read);
});

test('a folder gets report.json and every download of the type, and report.json can be verified', () => {
  const out = join(ownFolder(), 'report');
  expect(margay(['report', '--type', 'policy-audit', '--audit-log', AUDIT_LOG, '--out', out]).code).toBe(0);
  expect(readdirSync(out).sort()).toEqual(['events.json', 'events.yaml', 'report.json', 'summary.csv']);
  const path = join(out, 'report.json');
  expect(margay(['verify', path])).toMatchObject({ code: 0 });
  writeFileSync(path, readFileSync(path, 'utf8').replace('"numCreate":', '"numCreate":1'));
  expect(margay(['verify', path])).toMatchObject({ code: 1 });
});

test('a report that is too large to be one is refused by its name, and not read whole', () => {
  const path = join(ownFolder(), 'report.json');
  writeFileSync(path, '{}');
  truncateSync(path, 4 * 1024 ** 3);
  const { code, err } = margay(['verify', path]);
  expect(err).toMatch(/Cannot read \S+report\.json: it has more than \d+ bytes/);
  expect(code).toBe(1);
});

test('what would take more memory than there is is refused by its name with what to do, and nothing ends in the middle', () => {
  const folder = ownFolder();
  const wide = join(folder, 'wide.json');
  const deep = join(folder, 'deep.json');
  writeFileSync(wide, `{"endpoints":[${'{},'.repeat(5_000_000)}{}]}`);
  writeFileSync(deep, `{"endpoints":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`);
  const small = { NODE_OPTIONS: '--max-old-space-size=200' };
  for (const [path, why] of [
    [wide, 'its 10000005 values may take \\d+ MB of memory, and this program may use \\d+ MB'],
    [deep, 'its lists and objects stand in one another more than 1000 deep'],
  ] as const) {
    const { code, out, err } = margay(['verify', path], '', small);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(new RegExp(`^margay: Cannot read ${path}: ${why}`));
    expect(err.trim().split('\n')).toHaveLength(1);
  }
});

test('rubbish in a log is listed with file and line, and everything else counts', () => {
  const lines = recorded.trimEnd().split('\n');
  const half = lines[100]!.slice(0, lines[100]!.length / 2);
  const log = join(ownFolder(), 'audit.log');
  writeFileSync(log, [...lines.slice(0, 50), 'rubbish', '\u0000\u0001', ...lines.slice(50), half].join('\n'));
  const { code, out } = margay(['report', '--type', 'inventory', '--audit-log', log]);
  expect(code).toBe(0);
  const { evidence, endpointsSummary } = JSON.parse(out) as {
    evidence: { sources: { complete: boolean; problems: { listed: { line: number; reason: string }[] } } };
    endpointsSummary: { numTotal: number };
  };
  expect(evidence.sources.complete).toBe(false);
  expect(evidence.sources.problems.listed.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
    '51 not-json',
    '52 not-json',
    '2365 not-json',
  ]);
  expect(endpointsSummary.numTotal).toBe(174);
});

test('standard input is a log, too, and a manifest gives name, type and scope', () => {
  const folder = ownFolder();
  const manifest = join(folder, 'report.yaml');
  writeFileSync(
    manifest,
    `apiVersion: projectcalico.org/v3
kind: GlobalReport
metadata: { name: daily-accounts-networkaccess }
spec:
  reportType: network-access
  endpoints: { namespaces: { selector: department == 'accounts' } }
  schedule: 0 0 * * *
`,
  );
  const { out, code } = margay(['report', '--config', manifest, '--audit-log', '-'], recorded);
  // What is packed comes through a pipe, too.
  expect(margay(['report', '--config', manifest, '--audit-log', '-'], gzipSync(recorded)).out).toBe(out);
  expect(code).toBe(0);
  const { reportName, reportTypeName, namespaces } = JSON.parse(out) as {
    reportName: string;
    reportTypeName: string;
    namespaces: { namespace: string }[];
  };
  expect({ reportName, reportTypeName }).toEqual({
    reportName: 'daily-accounts-networkaccess',
    reportTypeName: 'network-access',
  });
  expect(namespaces.map(({ namespace }) => namespace)).toEqual([
    'Namespace.v1(collections)',
    'Namespace.v1(payable)',
    'Namespace.v1(payroll)',
    // Labelled department=accounts in the middle of the recording.
    'Namespace.v1(storefront)',
  ]);
});

test('of several GlobalReports in one file one is chosen by its name, and what is wrong with another is said of it', () => {
  const file = join(ownFolder(), 'reports.yaml');
  const manifest = (name: string, spec: string) =>
    `---\napiVersion: projectcalico.org/v3\nkind: GlobalReport\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;
  writeFileSync(
    file,
    manifest('accounts', 'reportType: inventory, endpoints: { namespaces: { names: [payroll] } }') +
      manifest('often', "reportType: inventory, schedule: '*/15 * * * *'") +
      manifest('nodes', 'reportType: cis-benchmark'),
  );
  const run = (...more: string[]) => margay(['report', '--config', file, '--audit-log', AUDIT_LOG, ...more]);
  const chosen = run('--name', 'accounts');
  expect(JSON.parse(chosen.out)).toMatchObject({
    reportName: 'accounts',
    namespaces: [{ namespace: 'Namespace.v1(payroll)' }],
  });
  const unsaid = run();
  expect(unsaid.code).toBe(2);
  expect(unsaid.err).toContain('GlobalReport often: spec.schedule: has 4 values in the minute field');
  expect(unsaid.err).toContain('GlobalReport nodes: spec.reportType: is "cis-benchmark"');
  expect(unsaid.err).toContain(
    'holds the GlobalReports accounts, often, nodes: choose one of them with --name',
  );
  const wrong = run('--name', 'often');
  expect(wrong.err).toContain('GlobalReport often: spec.schedule');
  expect(wrong.err).not.toContain('nodes');
  expect(run('--name', 'other').err).toContain('choose one of them with --name');
});

test('a namespace that the scope names and that nothing in the window is of is said', () => {
  const out = join(ownFolder(), 'out');
  const scoped = (names: string) =>
    margay(['report', '--type', 'inventory', '--audit-log', AUDIT_LOG, '--namespaces', names, '--out', out]);
  expect(scoped('payrol,payroll').err).toContain(
    'Nothing in the window is of what the scope names: namespace payrol\n',
  );
  const { evidence } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as {
    evidence: { unseenNamespaces: string[]; notes: string[] };
  };
  expect(evidence.unseenNamespaces).toEqual(['payrol']);
  expect(evidence.notes.at(-1)).toContain('payrol,');
  expect(scoped('payroll').err).not.toContain('Nothing in the window');
});

test('a manifest may bring a report type of its own, whose files are written', () => {
  const folder = ownFolder();
  const example = fileURLToPath(new URL('../examples/report-type.yaml', import.meta.url));
  const out = join(folder, 'out');
  const done = margay(['report', '--config', example, '--audit-log', AUDIT_LOG, '--out', out]);
  expect(done.code).toBe(0);
  expect(done.err).toContain('Endpoints, open to the internet');
  expect(readdirSync(out).sort()).toEqual(['exposed.csv', 'page.txt', 'report.json']);
  expect(readFileSync(join(out, 'exposed.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(175);

  const broken = join(folder, 'broken.yaml');
  writeFileSync(broken, readFileSync(example, 'utf8').replace('csv -}}', 'csv }} {{ nope }}'));
  const refused = margay(['report', '--config', broken, '--audit-log', AUDIT_LOG]);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain(
    'spec.downloadTemplates[0].template: exposed.csv, line 1: there is no function nope',
  );
});

test('margay state lists what the API server listed', () => {
  const truth = JSON.parse(
    gunzipSync(readFileSync(new URL('clusters/cluster-a/truth/011.json.gz', import.meta.url))).toString(),
  ) as {
    from: string;
    lists: Record<string, { items: { metadata: { uid: string; resourceVersion: string } }[] }>;
  };
  const { out } = margay(['state', '--audit-log', AUDIT_LOG, '--at', truth.from]);
  const { resources } = JSON.parse(out) as { resources: { uid: string; resourceVersion: string }[] };
  const listed = Object.values(truth.lists).flatMap(({ items }) =>
    items.map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`),
  );
  expect(resources.map(({ uid, resourceVersion }) => `${uid} ${resourceVersion}`).sort()).toEqual(
    listed.sort(),
  );
});

test('selectors come as lines and are judged in order', () => {
  const { out } = margay(
    ['selector'],
    '{"selector":"app == \'web\'","labels":{"app":"web"}}\n{"selector":"app =="}\nrubbish\n{"selector":"has(__proto__)","labels":{}}\n',
  );
  const judged = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(judged).toMatchObject([
    { valid: true, canonical: 'app == "web"', matches: true },
    { valid: false, position: 6 },
    { valid: false },
    { valid: true, matches: false },
  ]);
});

test('what stood in a log is shown to a terminal, which does not obey it', () => {
  const folder = ownFolder();
  const flows = join(folder, 'flows.log');
  writeFileSync(flows, '\u001b]0;owned\u0007\u001b[2J\n');
  const { err } = margay([
    'report',
    '--type',
    'network-access',
    '--audit-log',
    AUDIT_LOG,
    '--flow-log',
    flows,
    '--out',
    join(folder, 'out'),
  ]);
  expect(err).toMatch(/flows\.log:1: /);
  // oxlint-disable-next-line no-control-regex
  expect(err).not.toMatch(/[\u0007\u001b]/);
});

test('a baseline settles what a log does not tell of its kinds; without its time it is refused', () => {
  const folder = ownFolder();
  const [log, baseline] = [join(folder, 'audit.log'), join(folder, 'baseline.json')];
  const lines = recorded.trimEnd().split('\n');
  writeFileSync(log, `${lines.slice(1_500).join('\n')}\n`);
  const none = (apiVersion: string, kind: string) =>
    writeFileSync(baseline, JSON.stringify({ apiVersion, kind, items: [] }));
  none('policy.networking.k8s.io/v1alpha1', 'AdminNetworkPolicyList');
  const report = (...more: string[]) =>
    margay(['report', '--type', 'inventory', '--audit-log', log, ...more]);
  const beginnings = ({ out }: { out: string }) =>
    (
      JSON.parse(out) as {
        evidence: { doubts: { listed: readonly { reason: string; about: string }[] } };
      }
    ).evidence.doubts.listed
      .filter(({ reason }) => reason === 'beginning')
      .map(({ about }) => about);
  expect(beginnings(report())).toEqual(['everything']);
  const at = (JSON.parse(lines[1_500]!) as { requestReceivedTimestamp: string }).requestReceivedTimestamp;
  const kinds = 'adminnetworkpolicies.policy.networking.k8s.io';
  const settled = beginnings(report('--baseline', baseline, '--baseline-at', at, '--baseline-kinds', kinds));
  expect(settled).toContain('pods');
  expect(settled).not.toContain(kinds);
  const timeless = report('--baseline', baseline);
  expect([timeless.code, timeless.err]).toEqual([2, expect.stringContaining('--baseline-at')]);
  const odd = report('--baseline', baseline, '--baseline-at', at, '--baseline-kinds', 'netpol');
  expect([odd.code, odd.err]).toEqual([2, expect.stringContaining('netpol plays no part')]);
  // Policies that the log shows later say when they were made: a list without them is of another time.
  none('v1', 'NetworkPolicyList');
  const policies = 'networkpolicies.networking.k8s.io';
  const untrue = report('--baseline', baseline, '--baseline-at', at, '--baseline-kinds', policies);
  expect([untrue.code, untrue.err]).toEqual([
    1,
    expect.stringMatching(/lacks networkpolicies\.networking\.k8s\.io \S+\/applied/),
  ]);
});

test.each([
  [
    ['report', '--type', 'inventory', '--audit-log', AUDIT_LOG, '--baseline', 'lists.json'],
    '--baseline-at',
    '--baseline-kinds',
  ],
  [['baseline', 'lists.json'], '--at', '--kinds'],
])('%j names its own options where lists cannot be', (command, at, kinds) => {
  const said = (instant: string, kind: string) => {
    const { code, err } = margay([...command, at, instant, kinds, kind]);
    return [code, err];
  };
  expect(said('2099-01-01T00:00:00Z', 'pods')).toEqual([2, expect.stringMatching(`^margay: ${at} 2099`)]);
  expect(said('2026-11-24T00:00:00Z', 'netpol')).toEqual([
    2,
    expect.stringMatching(`^margay: ${kinds}: netpol`),
  ]);
});

test('a log in which nothing is does not pass for one that was not given', () => {
  const folder = ownFolder();
  const empty = join(folder, 'kube-2.log');
  writeFileSync(empty, '');
  const { out, err } = margay(['report', '--type', 'inventory', '--audit-log', AUDIT_LOG, empty]);
  const { sources } = (JSON.parse(out) as { evidence: { sources: object } }).evidence;
  expect(sources).toMatchObject({
    complete: false,
    grade: 'not known',
    sources: [{ grade: 'no gap seen' }, { source: 'kube-2.log', grade: 'not known', lines: 0 }],
  });
  expect(err).toContain('is empty');
});

test('state says apart what is not known of a whole kind', () => {
  const log = join(ownFolder(), 'audit.log');
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: 'e1',
    stage: 'ResponseComplete',
    requestURI: '/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies',
    verb: 'deletecollection',
    user: { username: 'jane' },
    objectRef: { resource: 'networkpolicies', apiGroup: 'networking.k8s.io', namespace: 'shop' },
    responseStatus: { code: 200 },
    requestReceivedTimestamp: '2026-03-01T08:00:00.000000Z',
    stageTimestamp: '2026-03-01T08:00:00.100000Z',
  };
  writeFileSync(log, `${JSON.stringify(event)}\n`);
  const told = JSON.parse(margay(['state', '--audit-log', log, '--at', '2026-03-01T08:01:00Z']).out) as {
    doubts: object[];
  };
  expect(told).toMatchObject({ at: '2026-03-01T08:01:00Z', resources: [] });
  expect(told.doubts).toContainEqual({
    about: 'networkpolicies.networking.k8s.io',
    namespace: 'shop',
    since: '2026-03-01T08:00:00Z',
    message: expect.stringContaining('deletecollection networkpolicies shop') as string,
  });
  // Of a log of one event neither what was before nor what came afterwards is known.
  expect(told.doubts[0]).toMatchObject({
    about: 'everything',
    message: expect.stringContaining('begins at'),
  });
});

test.each<[string, string[], number, string]>([
  [
    'a URL for the address of an API server',
    ['--watch', '--canary', '--canary-servers', 'https://10.0.0.1:6443'],
    2,
    '"https://10.0.0.1:6443" is no address of an API server: give host:port, as in 10.0.0.1:6443',
  ],
  ['an address without a port', ['--watch', '--canary', '--canary-servers', '10.0.0.1'], 2, 'host:port'],
  [
    'a port beyond all ports',
    ['--watch', '--canary', '--canary-servers', 'kube-1:6443,kube-2:65536'],
    2,
    '"kube-2:65536" is no address',
  ],
  [
    'one API server twice',
    ['--watch', '--canary', '--canary-servers', '[fd00::1]:6443,[fd00::1]:6443'],
    2,
    '[fd00::1]:6443 is given twice',
  ],
  [
    'API servers without canaries',
    ['--watch', '--canary-servers', '10.0.0.1:6443'],
    2,
    '--canary-servers needs --canary',
  ],
  ['canaries without a cluster that is watched', ['--canary', '--audit-log', AUDIT_LOG], 2, 'needs --watch'],
  [
    'a past that is yet to come',
    ['--since', '2200-01-01T00:00:00Z'],
    2,
    '--since 2200-01-01T00:00:00Z is yet to come',
  ],
  [
    'a data folder where nobody can make one',
    ['--audit-log', AUDIT_LOG, '--data', '/proc/margay'],
    1,
    'The data folder /proc/margay cannot be written',
  ],
])('%s is refused at once', (_, args, code, says) => {
  const refused = margay(['up', '--cluster', 'c', '--port', '0', ...args]);
  expect(refused.code).toBe(code);
  expect(refused.err).toContain(says);
});
