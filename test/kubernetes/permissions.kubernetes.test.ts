import { accessesFor, Denied, Permissions, Unauthenticated, type Action } from '@margay/kubernetes';
import { beforeAll, expect, test } from 'vitest';
import { admin, applyDefinitions, kubectl, SAMPLES } from './cluster.ts';

const DEV = { name: 'dev-inventory', type: 'inventory' };
const WEEKLY = { name: 'weekly-full-inventory', type: 'inventory' };
const AUDIT = { name: 'monthly-widgets-controller-tigera-policy-audit', type: 'policy-audit' };

const permissions = new Permissions(admin());

beforeAll(() => {
  applyDefinitions();
  kubectl(['apply', '-f', SAMPLES]);
});

/** Every row of the documented table, for each of the three documented users and for one without any role. */
test.each([
  ['paul', 'list', DEV, true],
  ['paul', 'list', WEEKLY, true],
  ['paul', 'export', DEV, false],
  ['paul', 'export', AUDIT, false],
  ['candice', 'list', DEV, true],
  ['candice', 'list', AUDIT, true],
  ['candice', 'export', DEV, true],
  ['candice', 'export', AUDIT, true],
  ['david', 'list', DEV, true],
  ['david', 'list', WEEKLY, false],
  ['david', 'export', DEV, true],
  ['david', 'export', WEEKLY, false],
  ['david', 'export', AUDIT, false],
  ['nobody', 'list', DEV, false],
  ['nobody', 'export', DEV, false],
] as const)('%s: %s %o: %s', async (name, action: Action, report, allowed) => {
  const user = await permissions.who(`${name}-token`);
  expect(user).toMatchObject({ name, groups: ['system:authenticated'] });
  expect(await permissions.may(user, action, report)).toBe(allowed);
  // kubectl is the second opinion.
  const can = accessesFor(action, report).every((alternatives) =>
    alternatives.some(({ verb, resource, group, name: of }) => {
      const asked = ['auth', 'can-i', verb, `${resource}.${group}${of === undefined ? '' : `/${of}`}`];
      try {
        return kubectl(asked, { user: name }).trim() === 'yes';
      } catch {
        return false;
      }
    }),
  );
  expect(can).toBe(allowed);
});

test.each([
  ['paul', ['create', 'patch', 'delete'], 'globalreports', true],
  ['candice', ['create', 'patch', 'delete'], 'globalreports', false],
  ['david', ['create', 'patch', 'delete'], 'globalreports', false],
  ['paul', ['get'], 'globalreports/status', true],
  ['candice', ['get'], 'globalreports/status', false],
] as const)('kubectl as %s: %o of %s: %s', (user, verbs, resource, allowed) => {
  const [main, subresource] = resource.split('/');
  for (const verb of verbs) {
    const asked = ['auth', 'can-i', verb, `${main}.projectcalico.org`];
    let answer: string;
    try {
      answer = kubectl(subresource === undefined ? asked : [...asked, '--subresource', subresource], {
        user,
      });
    } catch (error) {
      answer = String((error as { stdout: unknown }).stdout);
    }
    expect(answer.trim()).toBe(allowed ? 'yes' : 'no');
  }
});

test('lists hold what the reader may get', async () => {
  const reports = [DEV, WEEKLY, AUDIT];
  const listed = async (name: string) =>
    permissions.listable(await permissions.who(`${name}-token`), reports);
  expect(await listed('paul')).toEqual(reports);
  expect(await listed('candice')).toEqual(reports);
  expect(await listed('david')).toEqual([DEV]);
  await expect(listed('nobody')).rejects.toThrow(Denied);
  await expect(listed('nobody')).rejects.toThrow(
    'nobody may not do this: it needs the permission to list globalreports.projectcalico.org',
  );
});

test('a token that is nobody’s is refused, and so is one that has expired', async () => {
  await expect(permissions.who('made-up-token')).rejects.toThrow(Unauthenticated);
  const token = kubectl(['create', 'token', 'default', '--duration=10m']).trim();
  expect((await permissions.who(token)).name).toBe('system:serviceaccount:default:default');
});

test('a permission that is taken away is gone when its decision is forgotten', async () => {
  let now = 0;
  const asked = new Permissions(admin(), { now: () => now });
  const candice = await asked.who('candice-token');
  expect(await asked.may(candice, 'export', DEV)).toBe(true);
  kubectl(['delete', 'clusterrolebinding', 'tigera-compliance-list-download-all-reports']);
  expect(await asked.may(candice, 'export', DEV)).toBe(true);
  now += 5_000;
  await expect
    .poll(() => ((now += 5_000), asked.may(candice, 'export', DEV)), { timeout: 5_000 })
    .toBe(false);
  kubectl(['apply', '-f', SAMPLES]);
});
