import {
  append,
  edgeOf,
  leafHash,
  signCheckpoint,
  type SigningKey,
  signNote,
  tilePath,
  verifierKeyText,
} from '@margay/ledger';
import { runOfKey } from '../ledger/key-changes.ts';
import type { Ledger, NewEntry } from '../ledger/ledger.ts';

/** Appends an entry as whoever has a key does who looks at nothing. @throws Error where somebody else appended meanwhile. */
export async function appendBlindly(ledger: Ledger, entry: NewEntry, key: SigningKey): Promise<void> {
  const { size } = (await ledger.head())!;
  const places = edgeOf(size);
  const bytes = await ledger.tiles(places);
  const edge = new Map(places.map((place, i) => [tilePath(place), bytes[i]!]));
  const grown = append(size, [leafHash(entry.bytes)], (place) => edge.get(tilePath(place))!);
  const head = { size: size + 1, checkpoint: signCheckpoint(grown, key), key: verifierKeyText(key) };
  if (!(await ledger.grow(size, { head, entries: [entry], tiles: grown.tiles })))
    throw new Error('Somebody else appended to the log meanwhile.');
}

/** The entry that another key follows as releases made it that did not say which log it is of: what the key until then signs says its number. */
export function changeBytesAsBefore(before: SigningKey, to: SigningKey, number: number): Uint8Array {
  const [was, key] = [verifierKeyText(before), verifierKeyText(to)];
  const announcement = signNote(`margay.io/key-change@v2\n${was}\n${key}\n${number}\n`, before);
  return Buffer.from(JSON.stringify({ keyChange: { announcement, before: was, key, number } }));
}

/** Has a log go on with another key as releases did that let a former one come back. */
export async function changeKeyAsBefore(ledger: Ledger, before: SigningKey, to: SigningKey): Promise<void> {
  const { size: number, checkpoint: statement } = (await ledger.head())!;
  const bytes = changeBytesAsBefore(before, to, number);
  await appendBlindly(ledger, { run: runOfKey(to, number), bytes, statement }, to);
}
