import { expect, test } from 'vitest';
import { reportWindowOf, revisedWindow, windowId } from './report-window.ts';

const window = {
  cluster: 'c',
  reportName: 'daily',
  start: 1_764_000_000_000_000,
  end: 1_764_086_400_000_000,
};

test('the id of a window is readable, and the same wherever it is made', () => {
  expect(windowId(window)).toMatch(/^daily-20251124t160000z-[0-9a-f]{16}$/);
  expect(windowId({ ...window })).toBe(windowId(window));
});

test.each([
  ['cluster', { cluster: 'd' }],
  ['report', { reportName: 'daily2' }],
  ['start', { start: window.start + 1 }],
  ['end', { end: window.end + 1 }],
])('another %s makes another id', (_, change) => {
  expect(windowId({ ...window, ...change })).not.toBe(windowId(window));
});

test('names that are no names stay safe in URLs and files', () => {
  const id = windowId({ ...window, reportName: `../a b/ü${'x'.repeat(300)}` });
  expect(id).toMatch(/^[A-Za-z0-9.-]{1,128}$/);
});

test('a revision has the id of its window, with its number', () => {
  const first = reportWindowOf(
    'c',
    { name: 'daily', spec: { reportType: 'inventory' } },
    { start: window.start, end: window.end },
  );
  const third = revisedWindow(revisedWindow(first, 2), 3);
  expect(third).toEqual({ ...first, id: `${first.id}-r3`, revision: 3, manual: true });
  expect(windowId(third)).toBe(third.id);
});
