import { runAsProcess } from './cli.ts';

/** What an image of Margay can be started as, beside the command line. */
const SERVICES: Readonly<Record<string, () => Promise<unknown>>> = {
  'audit-ingestor': () => import('@margay/audit-ingestor/main'),
  'flow-ingestor': () => import('@margay/flow-ingestor/main'),
  snapshotter: () => import('@margay/snapshotter/main'),
  scheduler: () => import('@margay/scheduler/main'),
  'report-worker': () => import('@margay/report-worker/main'),
  notifier: () => import('@margay/notifier/main'),
  api: () => import('@margay/api/main'),
};

/** The image's entry: the first argument names a service, or is a command of the command line. */
const [name = '--help', ...rest] = process.argv.slice(2);
const start = SERVICES[name];
if (start === undefined) await runAsProcess([name, ...rest]);
else await start();
