/** Checking exported reports offline: what they show, what they do not, and in which words that is said. */
export { keyOption, verifyCommand } from './verify-command.ts';
export { keptBytes } from './read-kept.ts';
export { Wrong } from './wrong.ts';
