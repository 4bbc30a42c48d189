import { expect, test } from 'vitest';
import { avroCodec } from '../avro/codec.ts';
import { SINGLE_OBJECT } from '../avro/framing.ts';
import { RESOURCE_CHANGE_RELEASES } from '../releases/resource-change.ts';
import { resourceChanges } from './resource-change.ts';

test('for services from before there were doubts, one is the end of an object without a name: of none', () => {
  const [first] = RESOURCE_CHANGE_RELEASES;
  const old = avroCodec(first!, RESOURCE_CHANGE_RELEASES);
  const bytes = resourceChanges.encode({
    cluster: 'prod',
    id: 'e1#doubt',
    eventId: 'e1',
    what: 'doubtful',
    group: 'networking.k8s.io',
    resource: 'networkpolicies',
    namespace: 'shop',
    name: 'web',
    uid: 'u1',
    at: 2,
    receivedAt: 1,
    origin: { source: 'audit.log', position: 1 },
    doubt: { reason: 'no-content', may: 'differ', message: 'update networkpolicies shop/web: no body.' },
  });
  expect(old.decode(bytes, SINGLE_OBJECT)).toMatchObject({
    what: 'gone',
    name: '',
    uid: null,
    content: null,
  });
});
