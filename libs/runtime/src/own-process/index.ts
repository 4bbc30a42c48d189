/**
 * Work in a process of its own, with limits that hold, which ends alone. Nothing here loads more than Node has, so that such a process starts fast.
 */
export { answerParent } from './answer-parent.ts';
export { Busy, inOwnProcess, type Meter, OwnProcess, TookTooMuch } from './own-process.ts';
