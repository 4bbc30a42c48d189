import type { Window } from '@margay/ground';

/**
 * How far the stores had come: numbers whose names are the adapter's own, so that only the adapter that gave it can read it.
 * Orders what was stored by the stores alone: no clock of any process is in it.
 */
export type Place = Readonly<Record<string, number>>;

/** What came to the stores after a place and concerns a window. */
export interface LateEvidence {
  /**
   * Events that told of objects at an instant before the window's end (what is from before its start says what it began with), or
   * that refused a write of a policy in the window, or that showed, from wherever on, that something of an object in the window was
   * missed. An event is one thing that a source told, however many objects it is about: an
   * audit event, a notice of a watch, an object of a baseline. The same one, told by two sources, is two.
   */
  readonly events: number;
  /** Names of which this release derives something else of the window than the one before, from the same changes (`FOLD`). */
  readonly derivedAnew: number;
  /** Flows that overlap the window. */
  readonly flows: number;
  /** Deliveries of sources whose last line is of the window, whatever became of their lines. */
  readonly deliveries: number;
}

/** A report's window, and where the stores were when its evidence began to be read. */
export interface ReadWindow {
  readonly place: Place;
  readonly window: Window;
}

/** In which order evidence came to the stores of one cluster, as far as windows need it that were emitted by then. */
export interface Arrivals {
  /** Where the stores are now: asked before evidence is read, it is at or before everything that is read. */
  place(): Promise<Place>;

  /**
   * For each report what came after its evidence was read, in their order. What was there by then is never counted; what came
   * while it was read may be.
   */
  later(reports: readonly ReadWindow[]): Promise<LateEvidence[]>;

  /** False where evidence of the window that was there then has been removed since: it was kept for a time only. */
  isWhole(report: ReadWindow): Promise<boolean>;
}
