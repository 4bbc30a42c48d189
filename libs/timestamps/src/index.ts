/**
 * Timestamps by others (RFC 3161): what is asked of an authority, and whether what it answers says that something was there at a time. No I/O.
 */
export {
  type Authorities,
  checkTimestamp,
  readCertificates,
  TimestampProblem,
  timestampRequest,
} from './timestamp.ts';
