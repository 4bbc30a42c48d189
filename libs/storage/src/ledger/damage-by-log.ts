import { readEntry } from '@margay/ledger';
import type { ArchivedHeader } from '../archive/archive.ts';
import { loggedOtherwise } from '../archive/damaged.ts';
import { type Ledger, LogRefused } from './ledger.ts';
import { NotAbout, provenEntry } from './proofs.ts';

/**
 * What is wrong with a header by what the log shows of its run; undefined where nothing is. A log that has no entry of it, or was itself
 * changed, says nothing of it; an entry that the store has of it beside the log does.
 */
export async function damageByLog(ledger: Ledger, header: ArchivedHeader): Promise<string | undefined> {
  try {
    const logged = await provenEntry(ledger, header.id);
    return logged && loggedOtherwise(header, readEntry(logged.entry));
  } catch (error) {
    if (error instanceof NotAbout) return error.message;
    if (error instanceof LogRefused) return undefined;
    throw error;
  }
}
