import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { shownClusterUid, type Change } from '@margay/history';
import { makeFolder, replaceFile } from '@margay/runtime';
import { databaseIn, openEmbedded } from '@margay/storage';
import { UsageError } from '@margay/terminal';

/** Whose evidence a data folder holds. */
interface Owner {
  readonly cluster: string;
  /** The uid of its namespace kube-system, which no other cluster has; absent until evidence showed it. */
  readonly uid?: string;
  /** Set once its database was there: before, as on a disk that is full, there is none to miss. */
  readonly begun?: true;
}

/** The folder is another cluster's: what stands in it and what was brought must not be mixed. */
export class OtherCluster extends UsageError {}

/** A data folder, which belongs to one cluster for good. */
export interface DataFolder {
  /** @throws OtherCluster for changes of a cluster whose kube-system is another than the folder's. */
  readonly admit: (changes: readonly Change[]) => void;
  /** The folder is a cluster's already, and what was kept in it is not there any more. */
  readonly isEmptied: boolean;
  /** To be called when its database is there. */
  readonly noteBegun: () => void;
}

/** Where a cluster's data is kept unless it is said: a folder for each. */
export const folderOf = (cluster: string): string =>
  `./data/${encodeURIComponent(cluster).replace(/^\.+$/, 'cluster')}`;

/**
 * Takes the folder for a cluster: makes it, or checks that it is that cluster's.
 *
 * @throws OtherCluster where it is not.
 */
export async function claimFolder(directory: string, cluster: string): Promise<DataFolder> {
  const said = readOwner(directory);
  const owner = said ?? (await ownerByStores(directory)) ?? { cluster };
  if (owner.cluster !== cluster) {
    throw new OtherCluster(
      `The data folder ${directory} holds the evidence of cluster ${owner.cluster}, and this is cluster ${cluster}: give another folder with --data, or --cluster ${owner.cluster} if it is the same one`,
    );
  }
  if (said === undefined) writeOwner(directory, owner);
  let known = owner;
  return {
    // Its uid is known by what was kept in it; of those that older releases began nothing else says so.
    isEmptied: (said?.begun ?? said?.uid) !== undefined && !existsSync(databaseIn(directory)),
    noteBegun() {
      if (known.begun !== undefined) return;
      try {
        writeOwner(directory, (known = { ...known, begun: true }));
      } catch {
        // On a disk that has become full, say: it is noted at the next start.
      }
    },
    admit(changes) {
      for (const change of changes) {
        const uid = shownClusterUid(change);
        if (uid === undefined) continue;
        if (known.uid === undefined) {
          const shown = { ...known, uid };
          writeOwner(directory, shown);
          // Not before: where it could not be written, who comes again writes it again.
          known = shown;
        } else if (known.uid !== uid) {
          throw new OtherCluster(
            `The data folder ${directory} holds the evidence of a cluster whose kube-system has the uid ${known.uid}, and what comes now is of another one, with the uid ${uid}: give each cluster a --data folder and a --cluster name of its own`,
          );
        }
      }
    },
  };
}

const fileOf = (directory: string): string => join(directory, 'cluster.json');

function readOwner(directory: string): Owner | undefined {
  const file = fileOf(directory);
  let text: string;
  if (existsSync(file) && !statSync(file).isFile())
    throw new Error(
      `${file} is no file: it says whose data the folder holds. Give another folder with --data`,
    );
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // None yet, or nothing that can be read here at all, which those say who open the stores.
    return undefined;
  }
  try {
    const { cluster, uid, begun } = JSON.parse(text) as Partial<Owner>;
    if (typeof cluster === 'string')
      return { cluster, ...(typeof uid === 'string' && { uid }), ...(begun === true && { begun }) };
  } catch {
    // Said below.
  }
  throw new Error(`${file} does not say whose data the folder holds: write {"cluster":"NAME"} into it`);
}

/** Of a folder that was begun before folders said whose they are: by its reports. */
async function ownerByStores(directory: string): Promise<Owner | undefined> {
  if (!existsSync(databaseIn(directory))) return undefined;
  const stores = openEmbedded(directory, { readOnly: true });
  try {
    const { headers } = await stores.archive.headers({ limit: 1 });
    return headers[0] && { cluster: headers[0].cluster };
  } finally {
    await stores.close();
  }
}

function writeOwner(directory: string, owner: Owner): void {
  try {
    // For its owner only, whatever the umask: what is kept is what the audit log says. A folder that is there stays as it is.
    makeFolder(directory, 0o700);
    replaceFile(fileOf(directory), `${JSON.stringify(owner)}\n`, 0o600);
  } catch (error) {
    throw new Error(`The data folder ${directory} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
