import { expect, test } from 'vitest';
import type { KubernetesObject } from '@margay/ground';
import { computeReport } from '../index.ts';
import { type Fact, history, uidOf } from '../testing/history.ts';
import * as make from '../testing/objects.ts';

const WINDOW = { start: 100, end: 200 };
const WEB = make.pod('shop/web', { app: 'web' }, { ip: '10.0.0.7' });
const ref = (uid?: string) => ({ kind: 'Pod', namespace: 'shop', name: 'web', ...(uid && { uid }) });
const ready = { ready: true };
const slice = (name: string, endpoints: readonly unknown[], of = 'front'): KubernetesObject =>
  make.slice(`shop/${name}`, of, endpoints);
const ADDRESSES = ['10.0.0.7'];

function services(told: readonly Fact[]): readonly string[] | undefined {
  const versions = history([{ at: 0, object: WEB }, ...told]);
  const spec = { reportType: 'inventory' };
  return computeReport({ name: 'r', spec, window: WINDOW, versions }).endpoints[0]?.services;
}

const FRONT = ['Service.v1(shop/front)'];

test.each<[why: string, told: Fact[], services: string[]]>([
  [
    'a ready target in a slice',
    [{ at: 0, object: slice('s', [{ addresses: ADDRESSES, targetRef: ref(), conditions: ready }]) }],
    FRONT,
  ],
  [
    'no condition counts as ready',
    [{ at: 0, object: slice('s', [{ addresses: ADDRESSES, targetRef: ref() }]) }],
    FRONT,
  ],
  [
    'not ready does not count',
    [
      {
        at: 0,
        object: slice('s', [{ addresses: ADDRESSES, targetRef: ref(), conditions: { ready: false } }]),
      },
    ],
    [],
  ],
  [
    'ready for one microsecond counts',
    [
      { at: 150, object: slice('s', [{ addresses: ADDRESSES, targetRef: ref() }]) },
      { at: 151, object: slice('s', []) },
    ],
    FRONT,
  ],
  [
    'the slice ended at the start',
    [
      { at: 0, object: slice('s', [{ addresses: ADDRESSES, targetRef: ref() }]) },
      { at: 100, object: slice('s', []) },
    ],
    [],
  ],
  [
    'the uid of this pod',
    [{ at: 0, object: slice('s', [{ addresses: ADDRESSES, targetRef: ref(uidOf(WEB)) }]) }],
    FRONT,
  ],
  [
    'the uid of another pod that had the name',
    [{ at: 0, object: slice('s', [{ addresses: ADDRESSES, targetRef: ref('other') }]) }],
    [],
  ],
  [
    'the uid of the pod that will have the name',
    [
      { at: 0, object: slice('s', [{ addresses: ADDRESSES, targetRef: ref(uidOf(WEB, 2)) }]) },
      { at: 150, object: WEB, what: 'again' },
    ],
    FRONT,
  ],
  [
    'an address without target is whoever holds it',
    [{ at: 0, object: slice('s', [{ addresses: ADDRESSES }]) }],
    FRONT,
  ],
  [
    'an address that a slice gets later',
    [
      { at: 0, object: slice('s', []) },
      { at: 150, object: slice('s', [{ addresses: ADDRESSES }]) },
    ],
    FRONT,
  ],
  [
    'whoever held the address then',
    [
      { at: 0, object: slice('s', [{ addresses: ['10.0.0.9'] }]) },
      { at: 120, object: slice('s', []) },
      { at: 120, object: make.pod('shop/web', {}, { ip: '10.0.0.9' }) },
    ],
    [],
  ],
  [
    'a target that is no pod',
    [{ at: 0, object: slice('s', [{ addresses: ADDRESSES, targetRef: { kind: 'Node', name: 'web' } }]) }],
    [],
  ],
  [
    'two slices at once, one goes',
    [
      { at: 0, object: slice('s', [{ addresses: ADDRESSES, targetRef: ref() }]) },
      { at: 0, object: slice('t', [{ addresses: ADDRESSES, targetRef: ref() }]) },
      { at: 0, object: slice('s', []) },
    ],
    FRONT,
  ],
  [
    'a slice of no service',
    [
      {
        at: 0,
        object: { ...slice('s', [{ addresses: ADDRESSES }]), metadata: { name: 's', namespace: 'shop' } },
      },
    ],
    [],
  ],
  [
    'Endpoints where there is no slice',
    [{ at: 0, object: make.endpoints('shop/front', [{ ip: '10.0.0.7', targetRef: ref() }]) }],
    FRONT,
  ],
  [
    'slices win over Endpoints',
    [
      { at: 0, object: make.endpoints('shop/front', [{ ip: '10.0.0.7', targetRef: ref() }]) },
      { at: 0, object: slice('s', []) },
    ],
    [],
  ],
  [
    'Endpoints count again when the last slice goes',
    [
      { at: 0, object: make.endpoints('shop/front', [{ ip: '10.0.0.7', targetRef: ref() }]) },
      { at: 0, object: slice('s', []) },
      { at: 150, object: slice('s', []), what: 'gone' },
    ],
    FRONT,
  ],
  [
    'addresses of Endpoints that are not ready',
    [
      { at: 0, object: make.pod('shop/web', {}, { ip: '10.0.0.1' }) },
      { at: 0, object: make.endpoints('shop/front', []) },
    ],
    [],
  ],
  [
    'the selector, where neither was ever seen',
    [{ at: 0, object: make.service('shop/front', { app: 'web' }) }],
    FRONT,
  ],
  ['a selector of another namespace', [{ at: 0, object: make.service('pay/front', { app: 'web' }) }], []],
  [
    'a selector that fits in part',
    [{ at: 0, object: make.service('shop/front', { app: 'web', tier: 'x' }) }],
    [],
  ],
  ['an empty selector selects nobody', [{ at: 0, object: make.service('shop/front', {}) }], []],
  [
    'an external name has nobody',
    [{ at: 0, object: make.service('shop/front', { app: 'web' }, { type: 'ExternalName' }) }],
    [],
  ],
  [
    'the selector does not count where a slice is ever seen',
    [
      { at: 0, object: make.service('shop/front', { app: 'web' }) },
      { at: 190, object: slice('s', []) },
    ],
    [],
  ],
  [
    'a selector that changes to fit',
    [
      { at: 0, object: make.service('shop/front', { app: 'x' }) },
      { at: 150, object: make.service('shop/front', { app: 'web' }) },
    ],
    FRONT,
  ],
  [
    'a label that changes to fit',
    [
      { at: 0, object: make.service('shop/front', { app: 'new' }) },
      { at: 150, object: make.pod('shop/web', { app: 'new' }) },
    ],
    FRONT,
  ],
])('%s', (_, told, expected) => expect(services(told)).toEqual(expected));
