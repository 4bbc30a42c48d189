/**
 * The ledger: a transparency log over archived reports, which nobody can rewrite unnoticed.
 *
 * A *log* is a Merkle tree (RFC 6962) over *entries*, one for each report; a *checkpoint* is its signed head. Whoever keeps one
 * sees whether a later one goes on from it, and from a *proof* whether a report is in it. Formats are those of C2SP (signed-note,
 * tlog-checkpoint, tlog-tiles, tlog-proof, tlog-cosignature), so that tools which are not ours check them. No I/O, clock or
 * randomness: keys come as seeds, times as numbers.
 */
export { APART_MILLISECONDS, type Clock, isoOf, timeProblem } from './believed-times.ts';
export { clusterOf, digestOfJson, type Entry, entryBytes, NoEntry, readEntry } from './entry.ts';
export {
  announcedSince,
  cameBack,
  type KeyChange,
  keyChangeBytes,
  keysOfEntry,
  type KnownKeys,
  knownKeys,
  notShownOfAnnounced,
  type PlacedKeyChange,
  readKeyChange,
  readReportEntry,
  signersAt,
  signersOfHead,
  standingKeys,
} from './key-change.ts';
export { EMPTY_ROOT, type Hash, HASH_BYTES, leafHash, sameBytes } from './tree/hashes.ts';
export { goesOnFrom, includes, type TreeHead } from './tree/proofs.ts';
export {
  append,
  belongsFrom,
  consistencyFrom,
  edgeOf,
  hashAt,
  inclusionFrom,
  type FromTiles,
  type ReadTile,
  rootFrom,
  type Tile,
  TILE_WIDTH,
  type TilePlace,
} from './tree/tiles.ts';
export { bundleAt, bundlePath, tileAt, tilePath } from './tree/tile-paths.ts';
export { bundleOf, ENTRY_BYTES_MAX } from './tree/bundles.ts';
export {
  byHolder,
  canSign,
  isSameKey,
  keyNamed,
  type LogKey,
  NoKey,
  NotSigned,
  readSigningKey,
  readVerifierKey,
  type Signer,
  signingKey,
  type SigningKey,
  signingKeyText,
  verifierKey,
  type VerifierKey,
  verifierKeyText,
} from './notes/keys.ts';
export { allSigned, type ToSign } from './notes/to-sign.ts';
export {
  cosignatureIn,
  cosignNote,
  NoteProblem,
  readNote,
  signaturesBy,
  signNote,
  withLineOf,
} from './notes/note.ts';
export { readSignedAt, signedAtLine, signedAtToSign } from './notes/signed-at.ts';
export {
  checkpointToSign,
  datedBytes,
  readCheckpoint,
  signCheckpoint,
  type SignedCheckpoint,
} from './notes/checkpoint.ts';
export { addCheckpointText, watchedLogs, type WatchedLogs, witness, type WitnessAnswer } from './witness.ts';
export { checkProof, proofText, readGrowth, readProof } from './notes/proof.ts';
export {
  isPrinted,
  looksLikeCheckpoint,
  mendedCheckpoint,
  type PrintedPlace,
  printedText,
  readPrinted,
} from './notes/printed.ts';
export {
  EnvelopeProblem,
  envelopeText,
  envelopeToSign,
  readEnvelope,
  type Statement,
  STATEMENT_TYPE,
} from './statement.ts';
