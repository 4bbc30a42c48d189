import { FakeApiServer } from '@margay/kubernetes/testing';
import { silentLog, type Log } from '@margay/runtime';
import { expect, onTestFinished, test } from 'vitest';
import { Followed, whyNotFollowed } from './followed.ts';

test('what cannot be followed is told once, and once more when it can be again; what was seen before is only a warning', () => {
  const told: string[] = [];
  const line = (message: string, fields?: object) => void told.push(`${message}: ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, warn: line, info: line, with: () => log };
  const followed = new Followed(log);
  expect(followed.problem()).toBeUndefined();
  for (const reason of ['refused', 'refused', '403']) followed.seen('GlobalReports', reason);
  expect(followed.problem()).toBe('GlobalReports cannot be followed: 403');
  followed.seen('GlobalReports', undefined);
  followed.seen('GlobalReports', undefined);
  expect(followed.problem()).toBeUndefined();
  followed.seen('GlobalReports', 'reset');
  expect(followed.problem()).toEqual({ warning: 'GlobalReports cannot be followed: reset' });
  followed.seen('GlobalReportTypes', 'refused');
  expect(followed.problem()).toBe('GlobalReportTypes cannot be followed: refused');
  expect(told).toEqual([
    'Objects of the cluster cannot be followed: {"objects":"GlobalReports","reason":"refused"}',
    'Objects of the cluster are followed again: {"objects":"GlobalReports"}',
    'Objects of the cluster cannot be followed: {"objects":"GlobalReports","reason":"reset"}',
    'Objects of the cluster cannot be followed: {"objects":"GlobalReportTypes","reason":"refused"}',
  ]);
});

test('that another installation schedules the reports is said once, and is a warning', () => {
  const told: string[] = [];
  const line = (message: string, fields: object = {}) =>
    void told.push(`${message} ${JSON.stringify(fields)}`);
  const log: Log = { ...silentLog, warn: line, info: line, with: () => log };
  const followed = new Followed(log);
  followed.led(undefined);
  expect([followed.problem(), told]).toEqual([undefined, []]);
  for (let i = 0; i < 3; i++) followed.led('margay/one');
  expect(followed.problem()).toEqual({
    warning: expect.stringMatching(/no report is begun here: margay\/one$/),
  });
  followed.led(undefined);
  expect(followed.problem()).toBeUndefined();
  expect(told).toHaveLength(2);
});

test('a group that lacks the objects is said in words, and other troubles as they are', async () => {
  const fake = await FakeApiServer.start();
  const client = fake.client();
  onTestFinished(async () => {
    client.close();
    await fake.stop();
  });
  const error = await client.request('GET', '/apis/projectcalico.org/v3/globalreports/none').then(
    () => undefined,
    (error: Error) => error,
  );
  expect(whyNotFollowed(error, 'projectcalico.org')).toContain('serves none in projectcalico.org');
  expect(whyNotFollowed(new Error('reset'), 'projectcalico.org')).toBe('reset');
  expect(whyNotFollowed(undefined, 'projectcalico.org')).toBeUndefined();
});
