export { notifySettings } from './config.ts';
export * from './cloud-event.ts';
export * from './notify.ts';
export * from './regressions.ts';
export * from './send-webhook.ts';
export { notifierOptionsOf } from './options.ts';
