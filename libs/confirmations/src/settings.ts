import { NoKey, readVerifierKey } from '@margay/ledger';
import { list, whole } from '@margay/runtime';
import type * as z from 'zod';
import type { Witness } from './ask-witness.ts';
import { confirmerOf, type Confirmers } from './confirmer.ts';

/** Who confirms the log's checkpoints. */
export const confirmationSettings = {
  WITNESSES: list(witnessesProblem).optional().meta({
    description:
      'Witnesses that cosign the checkpoints of the log of reports, `KEY ADDRESS` with commas between them; KEY is what `margay key --witness` prints. None are asked unless set.',
  }),
  WITNESSES_NEEDED: whole(1, 100).optional().meta({
    description: 'So many of WITNESSES are enough; all unless set. With fewer reports go on, and it is told.',
  }),
};

/** The settings of who confirms, parsed. */
type ConfirmationConfig = z.output<z.ZodObject<typeof confirmationSettings>>;

/** Those who confirm by the settings. @throws Error where more are needed than there are. */
export function confirmersOf({
  WITNESSES: texts = [],
  WITNESSES_NEEDED: needed,
}: ConfirmationConfig): Confirmers {
  const witnesses = texts.map(witnessOf);
  if (needed !== undefined && needed > witnesses.length)
    throw new Error(
      `WITNESSES_NEEDED is ${needed}, and WITNESSES names ${witnesses.length}: name more, or need fewer`,
    );
  return { all: witnesses.map(confirmerOf), witnessesNeeded: needed ?? witnesses.length };
}

function witnessesProblem(texts: readonly string[]): string | undefined {
  const names = new Set<string>();
  for (const text of texts) {
    try {
      const { key } = witnessOf(text);
      if (key.use !== 'witness') return `${key.name} is the key of a log: one of a witness is needed`;
      if (names.has(`${key.name}+${key.id}`)) return `${key.name} is named twice`;
      names.add(`${key.name}+${key.id}`);
    } catch (error) {
      if (!(error instanceof NoKey)) throw error;
      return `write each as KEY ADDRESS: ${error.message}`;
    }
  }
  return undefined;
}

/** @throws NoKey, also for an address that is none. */
function witnessOf(text: string): Required<Witness> {
  const [key = '', address = '', ...more] = text.split(/\s+/);
  const url = URL.parse(address);
  const isAddress =
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.search === '' &&
    url.hash === '';
  const witness = { key: readVerifierKey(key), address };
  if (!isAddress || more.length > 0)
    throw new NoKey(`behind ${witness.key.name} there is no address like https://witness.example.com`);
  return witness;
}
