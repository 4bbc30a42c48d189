import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');

/** Frees what nobody holds any more, so that one measurement does not pay for the one before. */
export const collectGarbage = runInNewContext('gc') as () => void;
