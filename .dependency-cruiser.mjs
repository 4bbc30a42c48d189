/** The arrows: services → edges → pure. What each rule forbids is named in its comment. */
const PURE =
  '^libs/(ground|policy|history|go-template|flows|coverage|reports|ledger|contracts|api-contract)/';
const may = (name, from, to) => ({
  name,
  severity: 'error',
  comment: `${name}: ${from} may import these libraries only: ${['ground', ...to].join(', ')}`,
  from: { path: `^libs/${from}/`, pathNot: '\\.(test|contract)\\.ts$|/testing/' },
  to: { path: '^libs/', pathNot: `^libs/(${[from, 'ground', ...to].join('|')})/` },
});

export default {
  forbidden: [
    may('ground-stands-alone', 'ground', []),
    may('policy-stands-alone', 'policy', []),
    may('history-stands-alone', 'history', []),
    may('flows-stands-alone', 'flows', []),
    may('coverage-arrows', 'coverage', ['history']),
    may('go-template-stands-alone', 'go-template', []),
    may('reports-arrows', 'reports', ['policy', 'history', 'flows', 'coverage', 'go-template']),
    may('ledger-stands-alone', 'ledger', []),
    may('contracts-arrows', 'contracts', ['history', 'flows', 'coverage']),
    may('api-contract-stands-alone', 'api-contract', []),
    may('runtime-arrows', 'runtime', []),
    may('sqlite-arrows', 'sqlite', ['runtime']),
    may('terminal-stands-alone', 'terminal', []),
    may('confirmations-arrows', 'confirmations', ['ledger', 'timestamps', 'runtime']),
    may('timestamps-stands-alone', 'timestamps', []),
    may('messaging-arrows', 'messaging', ['history', 'coverage', 'contracts', 'runtime', 'sqlite']),
    may('storage-arrows', 'storage', [
      'policy',
      'history',
      'flows',
      'coverage',
      'reports',
      'ledger',
      'contracts',
      'runtime',
      'sqlite',
      'timestamps',
    ]),
    {
      name: 'libraries-import-no-service',
      severity: 'error',
      comment: 'A library must not know a service.',
      from: { path: '^libs/' },
      to: { path: '^services/' },
    },
    {
      name: 'services-import-no-service',
      severity: 'error',
      comment: 'A service never imports a service; only margay, which runs them all in one process, does.',
      from: { path: '^services/([^/]+)/', pathNot: '^services/margay/' },
      to: { path: '^services/', pathNot: '^services/$1/' },
    },
    {
      name: 'one-door',
      severity: 'error',
      comment:
        'A library is imported through its index.ts; its Nest part, where there is one, through nest/index.ts, and what runs in processes of their own through own-process/index.ts. Tests may have the stand-ins of an API server and of an authority of timestamps, generated logs and processes.',
      from: { path: '^(libs|services)/([^/]+)/' },
      to: {
        path: '^libs/[^/]+/src/',
        pathNot:
          '^(libs/[^/]+/src/(index|(nest|own-process)/index|[^/]+\\.contract|testing/(fake-api-server|authority|process-that|logs-of-clusters))\\.ts$|$1/$2/)',
      },
    },
    {
      name: 'pure-does-no-io',
      severity: 'error',
      comment: 'Pure libraries import no Node module and no framework.',
      from: { path: PURE, pathNot: '\\.(test|contract)\\.ts$|/testing/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-knows-no-framework',
      severity: 'error',
      comment: 'Pure libraries import only the few packages that do pure work.',
      from: { path: PURE, pathNot: '\\.(test|contract)\\.ts$|/testing/' },
      to: {
        path: 'node_modules/',
        pathNot:
          'node_modules/(ipaddr\\.js|canonicalize|@noble|@scure|csv-stringify|js-yaml|avsc|croner|zod|@margay)/',
      },
    },
    {
      name: 'front-doors-load-no-nest',
      severity: 'error',
      comment:
        'Nest stands behind a door of its own (src/nest/), so that commands which need no server start fast.',
      from: { path: '^libs/[^/]+/src/', pathNot: '^libs/[^/]+/src/nest/|\\.(test|contract)\\.ts$|/testing/' },
      to: { path: 'node_modules/@nestjs/|^libs/[^/]+/src/nest/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle means two files are one.',
      from: {},
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: new URL('tsconfig.base.json', import.meta.url).pathname },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@margay/source', 'import', 'node', 'default', 'types'],
    },
    exclude: { path: '^test/fences/|/dist/' },
  },
};
