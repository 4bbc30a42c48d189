export * from './keep-evidence.ts';
