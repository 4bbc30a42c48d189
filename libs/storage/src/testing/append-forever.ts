import { openEmbedded } from '@margay/storage';
import { namespaces, story } from './changes.ts';

/** A process to be killed: appends a story, batch after batch, to the stores in the folder that it is given. */
const [folder = '', seed = '1', changes = '1000', keys = '10'] = process.argv.slice(2);
const { history } = openEmbedded(folder);
const told = [
  ...namespaces(),
  ...story({ seed: Number(seed), changes: Number(changes), keys: Number(keys) }),
];
process.send?.('ready');
for (let at = 0; at < told.length; at += 7) {
  await history.append(told.slice(at, at + 7));
  // Lets the process be killed between batches too, and not only within.
  await new Promise((wake) => setImmediate(wake));
}
process.send?.('done');
