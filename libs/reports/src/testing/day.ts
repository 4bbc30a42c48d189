import type { Contact, FlowEnd } from '@margay/flows';
import { HOUR } from '@margay/ground';
import { type Fact, keyOfObject } from './history.ts';
import * as make from './objects.ts';

/** The window of the golden files, and what was in it: 2026-03-01, in microseconds. */
const DAY = Date.parse('2026-03-01T00:00:00Z') * 1000;
export const WINDOW = { start: DAY, end: DAY + 24 * HOUR };
export const SCOPE = {
  selector: 'soc2 == "true"',
  namespaces: { names: ['shop', 'pay'], selector: "env in {'prod', 'stage'}" },
  serviceAccounts: { names: ['default'], selector: '!has(robot)' },
};

const soc2 = (app: string) => ({ app, soc2: 'true' });
const prod = { env: 'prod' };
const allow = { action: 'Allow', source: {} };
const objects = [
  make.namespace('shop', prod),
  make.namespace('pay', prod),
  make.namespace('lab'),
  make.serviceAccount('shop/default'),
  make.serviceAccount('pay/default'),
  make.pod('shop/web-54c9f7f49f-x2x7z', soc2('web'), {
    generateName: 'web-54c9f7f49f-',
    sidecar: true,
    ip: '10.0.0.1',
  }),
  make.pod('shop/db-0', soc2('db'), { ip: '10.0.0.2' }),
  make.pod('pay/ledger', soc2('ledger'), { ip: '10.0.0.3' }),
  make.pod('lab/toy', soc2('toy'), { ip: '10.0.0.4' }),
  make.service('shop/web', { app: 'web' }),
  make.service('shop/db', { app: 'db' }),
  make.kubernetesPolicy('shop/default-deny', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
  make.calicoPolicy('shop/app.web', { selector: "app == 'web'", types: ['Ingress'], ingress: [allow] }),
  make.calicoPolicy('security.pci', { tier: 'security', selector: 'all()', types: ['Ingress'] }),
  make.calicoPolicy('preview', { selector: 'all()', types: ['Ingress'] }, true),
];
const toy = objects[11]!;
export const TOLD: readonly Fact[] = [
  ...objects.map((object) => ({ at: DAY - HOUR, object })),
  { at: DAY + 6 * HOUR, object: toy, what: 'gone' },
  { at: DAY + 7 * HOUR, object: toy },
];
const pod = (name: string, namespace = 'shop'): FlowEnd => ({
  type: 'pod',
  namespace,
  name,
  nameIsPrefix: name.endsWith('*'),
});
const flow = (source: FlowEnd, destination: FlowEnd): Contact => ({
  startAt: DAY + HOUR,
  endAt: DAY + HOUR + 300_000_000,
  action: 'allow',
  source,
  destination,
});
export const FLOWS = [
  flow({ type: 'network', namespace: '', name: 'pub', nameIsPrefix: false }, pod('web-54c9f7f49f-*')),
  flow(pod('web-54c9f7f49f-*'), pod('db-0')),
  flow(pod('toy', 'lab'), pod('web-54c9f7f49f-*')),
];
export const POLICY_EVENTS = [
  ['create', objects[12]!, 1, false],
  ['patch', objects[12]!, 2, false],
  ['delete', toy, 6, false],
  ['create', toy, 7, false],
  ['update', objects[14]!, 8, false],
  ['delete', objects[13]!, 9, true],
].map(([verb, object, hour, refused], i) => {
  const { at, key, user } = {
    at: DAY + (hour as number) * HOUR,
    key: keyOfObject(object as typeof toy),
    user: 'jane@example.com',
  };
  const { metadata, ...rest } = object as typeof toy;
  const event = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    auditID: `00000000-0000-0000-0000-00000000000${i}`,
    verb,
    user: { username: user },
    objectRef: key,
    responseStatus: { code: refused ? 403 : 200 },
    responseObject: {
      ...rest,
      metadata: { ...metadata, annotations: { note: "yes\nand 'no'", since: '2026-01-01' } },
    },
  };
  const actor = { user };
  const outcome = refused ? ('refused' as const) : ('done' as const);
  return { eventId: `e${i}`, at, ...key, verb: verb as string, actor, outcome, event };
});
