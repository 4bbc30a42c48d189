import type { RecordSchema } from '../avro/schema.ts';

/** Every released schema of this message, oldest first. Never changed, only added to. */
export const REPORT_FAILED_RELEASES: readonly RecordSchema[] = [];
