import { run } from './cli.ts';

/** What an image of Margay can be started as, beside the command line. */
const SERVICES: Readonly<Record<string, () => Promise<unknown>>> = {
  'audit-ingestor': () => import('../../audit-ingestor/src/main.ts'),
  'flow-ingestor': () => import('../../flow-ingestor/src/main.ts'),
  snapshotter: () => import('../../snapshotter/src/main.ts'),
  scheduler: () => import('../../scheduler/src/main.ts'),
  'report-worker': () => import('../../report-worker/src/main.ts'),
  notifier: () => import('../../notifier/src/main.ts'),
  api: () => import('../../api/src/main.ts'),
};

/** The image's entry: the first argument names a service, or is a command of the command line. */
const [name = '--help', ...rest] = process.argv.slice(2);
const start = SERVICES[name];
if (start === undefined) process.exitCode = await run([name, ...rest]);
else await start();
