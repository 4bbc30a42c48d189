import type { Window } from '@margay/ground';
import type { Version } from '@margay/history';
import type { NetworkStateOptions } from '@margay/policy';
import { EndpointLife, isPodKey } from './endpoint-life.ts';
import { PolicyUnion } from './policy-union.ts';
import { replay } from './replay.ts';
import { ServiceMembership } from './service-membership.ts';
import { isValidIn } from './steps.ts';

/**
 * The lives of all endpoints that were in scope at some instant of the window, in no particular order.
 *
 * At each instant only those are looked at whom a change concerns: their own object, their policies or scope, a service
 * that may have begun to hold them.
 */
export function endpointLives(
  versions: readonly Version[],
  window: Window,
  options: NetworkStateOptions,
): EndpointLife[] {
  const lives = new Map<string, EndpointLife>();
  const services = new ServiceMembership(versions.filter((version) => isValidIn(version, window)));
  const nothing = PolicyUnion.empty();
  for (const { at, changes, affected, network, objects } of replay(versions, window, options)) {
    services.apply(changes);
    const touched = services.takeTouched();
    const look = (text: string): void => {
      const view = network.endpoint(text);
      const object = objects.get(text);
      let life = lives.get(text);
      if (view === undefined || object === undefined || !view.inScope) {
        life?.leave(at);
        return;
      }
      if (life === undefined) lives.set(text, (life = new EndpointLife(view.key, object, at, nothing)));
      const isNew = life.see(view, object, at);
      if ((isNew || touched.has(text)) && isPodKey(view.key)) life.heldBy(services.servicesOf(object));
    };
    for (const text of affected) look(text);
    for (const text of changes.keys()) if (!affected.has(text)) look(text);
    for (const text of touched) if (!affected.has(text)) look(text);
  }
  return [...lives.values()];
}
