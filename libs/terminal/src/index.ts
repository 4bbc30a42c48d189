/** What commands say to whoever runs them: exit codes, standard output, and what a terminal must not obey. */
export { DONE, FAILED, UsageError, WRONG_USAGE } from './exit.ts';
export { say, visible, write } from './write.ts';
