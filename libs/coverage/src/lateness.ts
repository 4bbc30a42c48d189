import { DAY, type Instant, MINUTE } from '@margay/ground';

/** By how much the clocks of brokers and API servers may differ. */
export const CLOCKS_DIFFER = MINUTE;
/** What is published, or set aside, may have happened this long before, where a log was read late. */
export const LATENESS = DAY;
/** Where nothing says from when on: before any cluster, and still an instant, since what was lost did happen, and is no beginning. */
export const LONG_AGO: Instant = 0;
