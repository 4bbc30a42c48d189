import { DAY, MINUTE } from '@margay/ground';

/** By how much the clocks of brokers and API servers may differ. */
export const CLOCKS_DIFFER = MINUTE;
/** What is published, or set aside, may have happened this long before, where a log was read late. */
export const LATENESS = DAY;
