import type { Key } from '@margay/ground';

/** The key of what is about everything. */
export const EVERYTHING: Key = { group: '', resource: '', namespace: '', name: '' };

/** `pods shop/web-1`, for messages. */
export const placeText = ({ resource, namespace, name }: Omit<Key, 'group'>): string =>
  [resource, [namespace, name].filter((part) => part !== '').join('/')].join(' ');
