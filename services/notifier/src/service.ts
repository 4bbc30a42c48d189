import { reportsCompleted, reportsFailed } from '@margay/contracts';
import { BUS, busAnswers, busProvider, handling, measureLag, type Bus } from '@margay/messaging';
import type { Service } from '@margay/runtime';
import { STORES, storesAnswer, storesProvider, type Stores } from '@margay/storage';
import { config } from './config.ts';
import { GROUP, notify } from './notify.ts';
import { sendWebhook } from './send-webhook.ts';

/** The notifier as a process of its own. */
export const notifier: Service<typeof config> = {
  name: 'notifier',
  config,
  module: (process) => ({
    module: class Notifier {},
    providers: [busProvider(process, 'notifier'), storesProvider(process.config)],
  }),
  checks: (get) => ({
    kafka: busAnswers(get<Bus>(BUS)),
    elasticsearch: storesAnswer(get<Stores>(STORES)),
  }),
  stages(get, process) {
    const bus = get<Bus>(BUS);
    const {
      NOTIFY_URL: url,
      NOTIFY_SECRET: secret,
      NOTIFY_REGRESSIONS: rules,
      NOTIFY_AGE_MAX: age,
    } = process.config;
    measureLag(bus, process.metrics, GROUP, [reportsCompleted.name, reportsFailed.name]);
    return {
      webhook: (signal) =>
        notify({
          ...handling(process, signal),
          bus,
          archive: get<Stores>(STORES).archive,
          rules,
          ageMax: age * 1_000,
          now: () => Date.now() * 1_000,
          async send(event) {
            await sendWebhook(event, { url, signal, ...(secret !== undefined && { secret }) });
            process.log.info('An event was delivered', { id: event.id, type: event.type });
          },
        }),
    };
  },
  async stop(get) {
    await get<Bus>(BUS).close();
    await get<Stores>(STORES).close();
  },
};
