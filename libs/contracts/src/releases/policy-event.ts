import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const POLICY_EVENT_RELEASES: readonly RecordSchema[] = [];
