/**
 * What others sign of the log's checkpoints: witnesses cosign them, authorities of timestamps say when they were there. Each is asked over HTTP, and nothing that was answered counts before it was checked.
 */
export { askWitness } from './ask-witness.ts';
export type { Confirmer, Confirmers } from './confirmer.ts';
export { Unconfirmed } from './post.ts';
export { confirmationSettings, confirmersOf } from './settings.ts';
