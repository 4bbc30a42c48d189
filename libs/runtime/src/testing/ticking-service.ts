import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { flag, whole } from '@margay/runtime';
import { runService, Stages } from '@margay/runtime/nest';

/** A service for tests of starting and stopping: it waits, and says what it did on standard output. */
await runService({
  name: 'ticking',
  config: z.object({
    IS_BROKEN: flag(false).meta({ description: 'Whether it fails to start.' }),
    DRAIN_MILLISECONDS: whole(0).default(0).meta({ description: 'How long a stop takes.' }),
    TICKING_NAME: z.string().meta({ description: 'A name that must be set.' }),
  }),
  // Node runs this file as it is, so that there are no decorators in it.
  module: ({ IS_BROKEN: isBroken, DRAIN_MILLISECONDS: drain }) => ({
    module: class Ticking {},
    providers: [
      {
        provide: 'CLOCK_WORK',
        inject: [Stages],
        useFactory: (stages: Stages) => ({
          onApplicationBootstrap() {
            if (isBroken) throw new Error('the spring is broken');
            stages.keep('ticking', async (signal) => {
              await sleep(2 ** 30, undefined, { signal }).catch(() => undefined);
              await sleep(drain);
              process.stdout.write('drained\n');
            });
          },
          onApplicationShutdown: () => void process.stdout.write('closed\n'),
        }),
      },
    ],
  }),
});
