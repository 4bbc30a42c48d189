export { evidenceLag, GROUP } from './evidence.ts';
