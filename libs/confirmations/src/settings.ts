import { readFileSync } from 'node:fs';
import { NoKey, readVerifierKey } from '@margay/ledger';
import { bothOrNone, goDuration, list, whole, webAddress } from '@margay/runtime';
import { readCertificates, TimestampProblem } from '@margay/timestamps';
import * as z from 'zod';
import type { Witness } from './ask-witness.ts';
import { cosigning, dating, type Confirmer, type Confirmers } from './confirmer.ts';

/** Who confirms the log's checkpoints. */
export const confirmationSettings = {
  WITNESSES: list(witnessesProblem).optional().meta({
    description:
      'Witnesses that cosign the checkpoints of the log of reports, `KEY ADDRESS` with commas between them; KEY is what `margay key --witness` prints. None are asked unless set.',
  }),
  WITNESSES_NEEDED: whole(1, 100).optional().meta({
    description: 'So many of WITNESSES are enough; all unless set. With fewer reports go on, and it is told.',
  }),
  TIMESTAMP_URL: webAddress().optional().meta({
    description:
      'Authority that says when heads of the log of reports were there (RFC 3161, over HTTP); none is asked unless set.',
    isQuoted: false,
  }),
  TIMESTAMP_CA_FILE: z.string().optional().meta({
    description: 'PEM file of the certificates that its own must lead to; needed with TIMESTAMP_URL.',
  }),
  TIMESTAMP_INTERVAL: goDuration()
    .refine((interval) => interval <= 1_800_000, 'use 30m or less')
    .prefault('10m')
    .meta({ description: 'How long after a timestamp the next one is asked for at the earliest.' }),
};

/** The settings of who confirms, parsed. */
type ConfirmationConfig = z.output<z.ZodObject<typeof confirmationSettings>>;

/** Those who confirm by the settings. @throws Error where they do not fit together, or a file cannot be read. */
export function confirmersOf(settings: ConfirmationConfig): Confirmers {
  const { WITNESSES: texts = [], WITNESSES_NEEDED: needed } = settings;
  const witnesses = texts.map(witnessOf);
  if (needed !== undefined && needed > witnesses.length)
    throw new Error(
      `WITNESSES_NEEDED is ${needed}, and WITNESSES names ${witnesses.length}: name more, or need fewer`,
    );
  return {
    all: [...witnesses.map(cosigning), ...authoritiesOf(settings)],
    witnessesNeeded: needed ?? witnesses.length,
  };
}

function authoritiesOf(settings: ConfirmationConfig): Confirmer[] {
  bothOrNone(settings, 'TIMESTAMP_URL', 'TIMESTAMP_CA_FILE');
  const { TIMESTAMP_URL: address, TIMESTAMP_CA_FILE: file, TIMESTAMP_INTERVAL: rest } = settings;
  if (address === undefined) return [];
  try {
    return [dating({ address, trusted: readCertificates(readFileSync(file!, 'utf8')) }, rest)];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined && !(error instanceof TimestampProblem)) throw error;
    throw new Error(`TIMESTAMP_CA_FILE names ${file}, which cannot be used: ${code ?? message}`, {
      cause: error,
    });
  }
}

function witnessesProblem(texts: readonly string[]): string | undefined {
  const names = new Map<string, string>();
  for (const text of texts) {
    try {
      const { key } = witnessOf(text);
      if (key.use !== 'witness') return `${key.name} is the key of a log: one of a witness is needed`;
      // What it signs does not say under which name.
      const held = Buffer.from(key.publicKey).toString('hex');
      const before = names.get(held);
      if (before === key.name) return `${key.name} is named twice`;
      if (before !== undefined)
        return `${key.name} has the key of ${before}: one key under two names is one witness`;
      names.set(held, key.name);
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
