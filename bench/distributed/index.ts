import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { elasticsearch } from '../../test/servers/elasticsearch.ts';
import { kafka } from '../../test/servers/kafka.ts';
import { provide } from '../../test/servers/server.ts';
import { benchArchive } from './archive-rate.ts';
import { benchSecondWorker } from './second-worker.ts';
import { benchSteady } from './steady.ts';
import { benchWebhook } from './webhook-rate.ts';

/**
 * The services on a real Kafka and Elasticsearch: those that `MARGAY_TEST_KAFKA` and `MARGAY_TEST_ELASTICSEARCH` name,
 * else containers or servers that `test/servers` assembles.
 */
export async function run(print: (line: string) => void, { quick = false } = {}): Promise<void> {
  const stop = await provide([kafka, elasticsearch], 1, print);
  try {
    await benchWebhook(print, quick);
    await benchArchive(print, quick);
    await benchSecondWorker(print, quick);
    await benchSteady(print, quick);
  } finally {
    await stop();
  }
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) {
  await run(console.log, { quick: argv.includes('--quick') });
}
