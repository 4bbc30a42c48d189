/**
 * Coverage: what each source is known to have delivered, and what that makes of a report's evidence.
 *
 * A *mark* says what one stretch of one source became; the *evidence* of a window is computed from all marks.
 */
export * from './source.ts';
export * from './mark.ts';
export * from './distant.ts';
export * from './evidence.ts';
