import { BUS, busAnswers, busProvider, handling, measureLag, type Bus } from '@margay/messaging';
import type { Service } from '@margay/runtime';
import { STORES, storesAnswer, storesProvider, type Stores } from '@margay/storage';
import { config } from './config.ts';
import { EVIDENCE_TOPICS, GROUP, keepEvidence } from './keep-evidence.ts';

/** The snapshotter as a process of its own. */
export const snapshotter: Service<typeof config> = {
  name: 'snapshotter',
  config,
  module: (process) => ({
    module: class Snapshotter {},
    providers: [busProvider(process, 'snapshotter'), storesProvider(process.config)],
  }),
  checks: (get) => ({
    kafka: busAnswers(get<Bus>(BUS)),
    elasticsearch: storesAnswer(get<Stores>(STORES)),
  }),
  stages(get, process) {
    const bus = get<Bus>(BUS);
    measureLag(bus, process.metrics, GROUP, EVIDENCE_TOPICS);
    return {
      evidence: (signal) =>
        keepEvidence(bus, get<Stores>(STORES), {
          ...handling(process, signal),
          onKept: (changes) => process.metrics.keptChangesTotal.add(changes),
        }),
    };
  },
  async stop(get) {
    await get<Bus>(BUS).close();
    await get<Stores>(STORES).close();
  },
};
