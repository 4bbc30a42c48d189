import type { Instant } from '@margay/ground';
import { type CoverageMark, markOf } from './mark.ts';
import { lostSource, type LostKnowledge } from './source.ts';

/** Something that was lost between the services. */
interface Lost {
  /** Of what it told. */
  readonly what: LostKnowledge;
  /** Where it was lost, and which of all that was lost there: as many positions as messages. */
  readonly place: string;
  readonly position: number;
  readonly count?: number;
  readonly reason: string;
  readonly message: string;
  /** What it told of happened in `[after, before)`, as far as that is known. */
  readonly after?: Instant;
  readonly before?: Instant;
}

/** A mark of what nobody knows since it was lost. */
export const lostMark = ({ what, place, position, count = 1, ...said }: Lost): CoverageMark =>
  markOf(lostSource(what, place), position, position + count, [
    { position, reading: { kind: 'unusable', ...said } },
  ]);
