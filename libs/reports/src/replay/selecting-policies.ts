import { keyText, type Window } from '@margay/ground';
import type { Version } from '@margay/history';
import type { NetworkStateOptions } from '@margay/policy';
import { type Moment, replay } from './replay.ts';

/**
 * Key texts of all policies, staged ones too, that selected some endpoint in scope at some instant of the window.
 *
 * A policy of which a version ended exactly at the window's start is judged by the instant before too: what ended it is an
 * event of the window.
 */
export function selectingPolicies(
  versions: readonly Version[],
  window: Window,
  options: NetworkStateOptions,
): Set<string> {
  const selecting = selectedDuring(versions, window, options);
  const ended = versions.filter(({ validTo }) => validTo === window.start);
  if (ended.length > 0) {
    const before = selectedDuring(versions, { start: window.start - 1, end: window.start }, options);
    for (const text of ended.map(keyText)) if (before.has(text)) selecting.add(text);
  }
  return selecting;
}

/** The same for a time before the window, which is empty most of the time. */
export function selectingBefore(
  versions: readonly Version[],
  window: Window,
  options: NetworkStateOptions,
): Set<string> {
  return window.start < window.end ? selectingPolicies(versions, window, options) : new Set();
}

function selectedDuring(
  versions: readonly Version[],
  window: Window,
  options: NetworkStateOptions,
): Set<string> {
  const selected = new Set<string>();
  for (const moment of replay(versions, window, options)) addSelecting(moment, selected);
  return selected;
}

function addSelecting({ affected, network }: Moment, selected: Set<string>): void {
  for (const text of affected) {
    const view = network.endpoint(text);
    if (view?.inScope !== true) continue;
    for (const key of view.selectedBy()) selected.add(keyText(key));
  }
}
