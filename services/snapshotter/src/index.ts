export { evidenceLag } from './evidence.ts';
