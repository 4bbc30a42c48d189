import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { KubernetesClient } from '../client/client.ts';
import { accessesFor, accessText, type Access } from './access.ts';
import { Denied, Permissions, Unauthenticated, type User } from './permissions.ts';
import { ShortMemory } from './short-memory.ts';

const paul: User = { name: 'paul', groups: [] };
const candice: User = { name: 'candice', groups: ['auditors'] };
const david: User = { name: 'david', groups: [] };

const DEV = { name: 'dev-inventory', type: 'inventory' };
const PROD = { name: 'prod-inventory', type: 'inventory' };

/** What the roles of the documentation's example permit; of a hub two who may see one cluster, or all. */
const ROLES: Readonly<Record<string, (access: Access) => boolean>> = {
  'of-alpha': ({ resource, name }) =>
    resource === 'globalreports' || (resource === 'clusters' && name === 'alpha'),
  'of-all': ({ resource }) => resource === 'globalreports' || resource === 'clusters',
  paul: ({ resource }) => resource === 'globalreports',
  candice: ({ verb, resource }) => verb === 'get' || (verb === 'list' && resource === 'globalreports'),
  david: ({ verb, resource, name }) =>
    (verb === 'list' && resource === 'globalreports') || (verb === 'get' && name === 'dev-inventory'),
};

/** Permissions asked of a server that decides by these roles, and what it was asked. */
async function permissions(options: { now?: () => number; cluster?: string } = {}) {
  const asked: string[] = [];
  let broken = false;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece: Buffer) => (text += piece.toString()));
    request.on('end', () => {
      const { kind, spec } = JSON.parse(text) as {
        kind: string;
        spec: { token: string; user: string; resourceAttributes: Access };
      };
      if (broken) {
        response.writeHead(500).end();
        return;
      }
      if (kind === 'TokenReview') {
        asked.push(`who ${spec.token}`);
        const user = ROLES[spec.token.replace('-token', '')] && {
          username: spec.token.replace('-token', ''),
          groups: ['g'],
        };
        response.end(JSON.stringify({ status: user ? { authenticated: true, user } : { error: 'unknown' } }));
        return;
      }
      asked.push(`${spec.user} ${accessText(spec.resourceAttributes)}`);
      response.end(
        JSON.stringify({ status: { allowed: ROLES[spec.user]?.(spec.resourceAttributes) ?? false } }),
      );
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const client = new KubernetesClient({
    server: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    namespace: 'default',
  });
  onTestFinished(() => {
    client.close();
    server.close();
  });
  return { asked, permissions: new Permissions(client, options), breakDown: () => (broken = true) };
}

const GET_TYPE =
  'get globalreporttypes.projectcalico.org "inventory" or get globalreporttypes.projectcalico.org';

test.each([
  [paul, 'list', DEV, undefined],
  [paul, 'export', DEV, `${GET_TYPE} "dev-inventory"`],
  [candice, 'list', PROD, undefined],
  [candice, 'export', PROD, undefined],
  [david, 'list', DEV, undefined],
  [david, 'export', DEV, undefined],
  [david, 'list', PROD, 'get globalreports.projectcalico.org "prod-inventory"'],
  [david, 'export', PROD, 'get globalreports.projectcalico.org "prod-inventory"'],
  [{ name: 'nobody', groups: [] }, 'list', DEV, 'list globalreports.projectcalico.org'],
] as const)('%o: %s of %o needs %s', async (user, action, report, missing) => {
  const { permissions: asked } = await permissions();
  expect(await asked.may(user, action, report)).toBe(missing === undefined);
  const required = asked.require(user, action, report);
  if (missing === undefined) await required;
  else {
    await expect(required).rejects.toBeInstanceOf(Denied);
    await expect(required).rejects.toThrow(
      `${user.name} may not do this: it needs the permission to ${missing}`,
    );
  }
});

test('a list holds what its reader may get, and no trace of the rest', async () => {
  const { permissions: asked, asked: questions } = await permissions();
  expect(await asked.listable(candice, [PROD, DEV])).toEqual([PROD, DEV]);
  expect(questions).toHaveLength(2);
  expect(await asked.listable(david, [PROD, DEV, PROD])).toEqual([DEV]);
  await expect(asked.listable({ name: 'nobody', groups: [] }, [DEV])).rejects.toBeInstanceOf(Denied);
});

test('what somebody may export is told of those reports that they may get; every one where they may export any', async () => {
  const { permissions: asked } = await permissions();
  expect(await asked.exportable(candice, [PROD, DEV])).toBe('every');
  expect(await asked.exportable(david, [PROD, DEV])).toEqual([DEV]);
  const missing = async (user: typeof paul, reports: (typeof DEV)[]) =>
    asked.exportable(user, reports).catch((error: unknown) => (error as Denied).message);
  expect(await missing(paul, [PROD, DEV])).toContain('to get globalreporttypes.projectcalico.org');
  expect(await missing(david, [PROD])).toContain('to get globalreports.projectcalico.org');
});

test('a token tells who it is, or that it is nobody’s', async () => {
  const { permissions: asked } = await permissions();
  expect(await asked.who('paul-token')).toEqual({ name: 'paul', groups: ['g'] });
  await expect(asked.who('stolen-token')).rejects.toBeInstanceOf(Unauthenticated);
});

test('decisions stand for five seconds, for the one who asked', async () => {
  let now = 0;
  const { permissions: asked, asked: questions } = await permissions({ now: () => now });
  const ask = async () => [await asked.who('paul-token'), await asked.may(david, 'list', DEV)];
  await Promise.all([ask(), ask()]);
  now = 4999;
  await ask();
  expect(questions).toHaveLength(3);
  now = 5001;
  await ask();
  expect(questions).toHaveLength(6);
  await asked.may(candice, 'list', DEV);
  expect(questions).toHaveLength(8);
});

test('an API server that cannot decide allows nothing', async () => {
  const { permissions: asked, breakDown } = await permissions();
  breakDown();
  await expect(asked.may(candice, 'list', DEV)).rejects.toMatchObject({ code: 500 });
  await expect(asked.who('paul-token')).rejects.toMatchObject({ code: 500 });
});

test('another group is asked for by its name', () => {
  expect(accessesFor('export', DEV, 'reports.example.org').flat().map(accessText)).toEqual([
    'get globalreports.reports.example.org "dev-inventory"',
    'get globalreporttypes.reports.example.org "inventory"',
    'get globalreporttypes.reports.example.org "dev-inventory"',
  ]);
});

test('a short memory forgets what is old and what failed', async () => {
  let now = 0;
  const memory = new ShortMemory<number>(10, () => now);
  await expect(memory.get('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away');
  expect(await memory.get('a', () => Promise.resolve(1))).toBe(1);
  expect(await memory.get('a', () => Promise.resolve(2))).toBe(1);
  now = 10;
  expect(await memory.get('a', () => Promise.resolve(3))).toBe(1);
  now = 11;
  expect(await memory.get('a', () => Promise.resolve(4))).toBe(4);
});

test.each([
  ['of-alpha', 'alpha', true],
  ['of-alpha', 'beta', false],
  ['of-all', 'beta', true],
  // Who may see reports and no cluster.
  ['paul', 'alpha', false],
])('at a hub %s sees reports of %s: %j', async (name, cluster, sees) => {
  const user: User = { name, groups: [] };
  const { permissions: hub } = await permissions({ cluster });
  const denied = `${name} may not do this: it needs the permission to get clusters.margay.io "${cluster}"`;
  const expectIt = (asked: Promise<unknown>) =>
    sees ? expect(asked).resolves.not.toThrow() : expect(asked).rejects.toThrow(denied);
  await expectIt(hub.enter(user, cluster));
  await expectIt(hub.listable(user, [DEV]));
  await expectIt(hub.require(user, 'list', DEV));
  await expectIt(hub.require(user, 'run', DEV));
});
