import { isPolicy, type Key, keyText, type Window } from '@margay/ground';
import type { EndpointView, NetworkStateOptions } from '@margay/policy';
import type { Played } from '../doubts/played.ts';
import type { MayHold } from '../scope-homes.ts';
import { type Moment, replay } from './replay.ts';
import { isValidIn } from './steps.ts';

/**
 * Key texts of the endpoints that were in scope at some instant of the window, of their namespaces and service accounts, and of
 * all policies, staged ones too, that selected some of them then.
 *
 * A policy of which a version ended exactly at the window's start is judged by the instant before too: what ended it is an
 * event of the window. Policies whose content is not known may select anyone whom they can reach.
 */
export function selectingAndSelected(
  played: Played,
  window: Window,
  options: NetworkStateOptions,
  mayHold: MayHold,
): Set<string> {
  const selecting = selectedDuring(played, window, options);
  for (const version of played.versions) {
    const isWild = version.doubted !== undefined && version.doubted.may !== 'be-gone';
    const mayReach = version.namespace === '' || mayHold(version.namespace);
    if (isWild && mayReach && isPolicy(version) && isValidIn(version, window))
      selecting.add(keyText(version));
  }
  const ended = played.versions.filter(({ validTo }) => validTo === window.start);
  if (ended.length > 0) {
    const before = selectedDuring(played, { start: window.start - 1, end: window.start }, options);
    for (const text of ended.map(keyText)) if (before.has(text)) selecting.add(text);
  }
  return selecting;
}

/** The same for a time before the window, which is empty most of the time. */
export function selectingBefore(
  played: Played,
  window: Window,
  options: NetworkStateOptions,
  mayHold: MayHold,
): Set<string> {
  return window.start < window.end ? selectingAndSelected(played, window, options, mayHold) : new Set();
}

function selectedDuring(played: Played, window: Window, options: NetworkStateOptions): Set<string> {
  const selected = new Set<string>();
  for (const moment of replay(played, window, options)) addSelecting(moment, selected);
  return selected;
}

function addSelecting({ affected, network }: Moment, selected: Set<string>): void {
  for (const text of affected) {
    const view = network.endpoint(text);
    if (view?.inScope !== true) continue;
    selected.add(text);
    for (const key of parentsOf(view)) selected.add(keyText(key));
    for (const key of view.selectedBy()) selected.add(keyText(key));
  }
}

function parentsOf({ key: { namespace }, serviceAccount }: EndpointView): Key[] {
  if (namespace === '') return [];
  return [
    { group: '', resource: 'namespaces', namespace: '', name: namespace },
    { group: '', resource: 'serviceaccounts', namespace, name: serviceAccount },
  ];
}
