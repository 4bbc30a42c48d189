/** Who may see what, how people come in, and the reports that are archived. The api as a Nest module is a door of its own, `@margay/api/module`. */
export { anyone, byKubernetes, byToken, type Authority } from './access/access.ts';
export { accessOf } from './access/configured.ts';
export { config as apiConfig } from './config.ts';
export { type DoorConfig, doorOf, doorProblems, doorSettings, ownHosts, tlsOf } from './door.ts';
export { sinkOf, sinkSettings } from './sink/settings.ts';
export { isLate, lateOf } from './runs/late.ts';
export { windowToAsk } from './reports/window-to-ask.ts';
export { archivedReport } from './archived-report.ts';
export { runsOf } from './runs/runs.ts';
export { renderInOwnProcess } from './exports/render-in-own-process.ts';
