import type { Window } from '@margay/ground';
import type { NetworkStateOptions } from '@margay/policy';
import type { Played } from '../doubts/played.ts';
import { EndpointLife, isPodKey, type SharedUnions } from './endpoint-life.ts';
import { replay } from './replay.ts';
import { ServiceMembership } from './service-membership.ts';
import { isValidIn } from './steps.ts';
import { printPolicy, Union } from './union.ts';

/** The endpoints of a window, and what is not known of the services. */
export interface Lives {
  /** In no particular order. */
  readonly endpoints: readonly EndpointLife[];
  readonly services: ServiceMembership;
}

/**
 * The lives of all endpoints that were in scope at some instant of the window, or may have been.
 *
 * At each instant only those are looked at whom a change concerns: their own object, their policies or scope, a service
 * that may have begun to hold them.
 */
export function endpointLives(played: Played, window: Window, options: NetworkStateOptions): Lives {
  const lives = new Map<string, EndpointLife>();
  const services = new ServiceMembership(
    played.versions.filter((version) => isValidIn(version, window)),
    played.unseen.filter((span) => isValidIn(span, window)),
  );
  const shared: SharedUnions = {
    policies: Union.empty(printPolicy),
    doubts: Union.empty((id: string) => id),
  };
  for (const { at, step, changes, affected, network, objects } of replay(played, window, options)) {
    services.apply(changes, step);
    const touched = services.takeTouched();
    const look = (text: string): void => {
      const view = network.endpoint(text);
      const object = objects.get(text);
      let life = lives.get(text);
      if (view === undefined || object === undefined || !view.inScope) {
        life?.leave(at);
        return;
      }
      if (life === undefined) lives.set(text, (life = new EndpointLife(view.key, object, shared)));
      const isNew = life.see(view, object, at);
      if ((isNew || touched.has(text)) && isPodKey(view.key)) {
        life.heldBy(services.servicesOf(object), view.isCertain);
      }
    };
    for (const text of affected) look(text);
    for (const text of changes.keys()) if (!affected.has(text)) look(text);
    for (const text of touched) if (!affected.has(text)) look(text);
  }
  return { endpoints: [...lives.values()], services };
}
