import { lines } from './installation.ts';

const UUID = /\b([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{10})([0-9a-f]{2})\b/g;

/** The recorded log with everything that is in a namespace so many times, each time in namespaces of its own. */
export function timesOver(times: number): string[] {
  return lines.flatMap(({ text }) => {
    const { objectRef = {} } = JSON.parse(text) as {
      objectRef?: { resource?: string; namespace?: string };
    };
    const isNamespace = objectRef.resource === 'namespaces';
    if (!isNamespace && objectRef.namespace === undefined) return [text];
    return Array.from({ length: times }, (_, i) => (i === 0 ? text : copyOf(text, i, isNamespace)));
  });
}

function copyOf(text: string, i: number, isNamespace: boolean): string {
  const copy = text
    // No two of them become one: of each its last byte changes by the number of the copy.
    .replaceAll(UUID, (_, start: string, last: string) => `${start}${hex(Number.parseInt(last, 16) ^ i)}`)
    .replaceAll(/"namespace":"([^"]+)"/g, (_, name: string) => `"namespace":"${name}-${i}"`);
  return isNamespace
    ? copy.replaceAll(/"name":"([^"]+)"/g, (_, name: string) => `"name":"${name}-${i}"`)
    : copy;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
