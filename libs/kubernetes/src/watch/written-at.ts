import { type Instant, parseInstant } from '@margay/ground';
import type { ApiObject } from '../client/resources.ts';

/** When the object was last written, by its own record and cut to the second; undefined where it has none. */
export function writtenAt({ metadata }: ApiObject): Instant | undefined {
  const times = [metadata.creationTimestamp, ...(metadata.managedFields ?? []).map(({ time }) => time)];
  const instants = times.map(parseInstant).filter((instant) => instant !== undefined);
  return instants.length === 0 ? undefined : Math.max(...instants);
}
