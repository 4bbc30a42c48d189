import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldKey } from './fold.ts';
import { readLine } from './read-line.ts';
import { event, pod, podEvent, policy } from './testing/events.ts';

const origin = { source: 'log', position: 1 };

/** Words that mean something in some place, in any place. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    'Status',
    'Success',
    'delete',
    'deletecollection',
    'Panic',
    'pods',
    '',
    '__proto__',
    'constructor',
    403,
    201,
  ),
  fc.constantFrom(policy(), pod(), { items: [pod(), null, 5] }, { items: [{ metadata: null }] }),
);
const PATHS = [
  ['verb'],
  ['stage'],
  ['level'],
  ['auditID'],
  ['requestURI'],
  ['user'],
  ['user', 'username'],
  ['impersonatedUser'],
  ['objectRef'],
  ['objectRef', 'resource'],
  ['objectRef', 'apiGroup'],
  ['objectRef', 'subresource'],
  ['objectRef', 'name'],
  ['responseStatus'],
  ['responseStatus', 'code'],
  ['responseStatus', 'details'],
  ['requestObject'],
  ['responseObject'],
  ['responseObject', 'kind'],
  ['responseObject', 'apiVersion'],
  ['responseObject', 'metadata'],
  ['responseObject', 'metadata', 'labels'],
  ['responseObject', 'metadata', 'annotations'],
  ['responseObject', 'metadata', 'finalizers'],
  ['responseObject', 'metadata', 'name'],
  ['responseObject', 'spec'],
  ['responseObject', 'spec', 'containers'],
  ['responseObject', 'status'],
  ['stageTimestamp'],
  ['requestReceivedTimestamp'],
  ['annotations'],
] as const;

function set(object: unknown, [name, ...rest]: readonly string[], to: unknown): unknown {
  if (name === undefined) return to;
  const from = typeof object === 'object' && object !== null ? (object as Record<string, unknown>) : {};
  return { ...from, [name]: set(from[name], rest, to) };
}

test('whatever stands in an event, it is one of four things, and its changes fold', () => {
  const edits = fc.array(fc.tuple(fc.constantFrom(...PATHS), value), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.constantFrom(event(), podEvent()), edits, (start, some) => {
      const edited = some.reduce((object: unknown, [path, to]) => set(object, path, to), start);
      const readings = readLine(JSON.stringify(edited), origin);
      for (const reading of readings) {
        expect(['changes', 'ignored', 'doubtful', 'unusable']).toContain(reading.kind);
        if (reading.kind === 'changes') expect(() => foldKey(reading.changes)).not.toThrow();
      }
    }),
    { numRuns: 5_000 },
  );
});

test('whatever a line is, reading it never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        value.map((one) => JSON.stringify(one)),
      ),
      (line) => {
        expect(Array.isArray(readLine(line, origin))).toBe(true);
      },
    ),
    { numRuns: 2_000 },
  );
});
