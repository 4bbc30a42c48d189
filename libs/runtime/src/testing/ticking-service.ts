import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { runService, whole } from '@margay/runtime';

/** A service for tests of starting and stopping: it waits, and says what it did on standard output. */
await runService({
  name: 'ticking',
  config: z.object({
    FAIL_AFTER_MILLISECONDS: whole(0).optional().meta({ description: 'When the work fails.' }),
    DRAIN_MILLISECONDS: whole(0).default(0).meta({ description: 'How long a stop takes.' }),
    TICKING_NAME: z.string().meta({ description: 'A name that must be set.' }),
  }),
  module: () => ({ module: class Ticking {}, providers: [{ provide: 'NAME', useValue: 'clock' }] }),
  routes: (http, get) => http.get('/name', () => ({ name: get<string>('NAME') })),
  async start(_, { signal, config }) {
    if (config.FAIL_AFTER_MILLISECONDS !== undefined) {
      await sleep(config.FAIL_AFTER_MILLISECONDS);
      throw new Error('the spring is broken');
    }
    await sleep(2 ** 30, undefined, { signal }).catch(() => undefined);
    await sleep(config.DRAIN_MILLISECONDS);
    process.stdout.write('drained\n');
  },
  async stop() {
    process.stdout.write('closed\n');
  },
});
