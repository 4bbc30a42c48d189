/** The token of `Access`: who asks, and what they may see. */
export const ACCESS = 'ACCESS';

/** The token of the cluster's name. */
export const CLUSTER = 'CLUSTER';

/** The token of the names that the API may be reached under; of undefined for any. */
export const HOSTS = 'HOSTS';

/** The token of the networks that do not count as the internet; of undefined for the default list. */
export const NETWORKS = 'NETWORKS';

/** The token of the tables of archived reports, see `tablesOf`. */
export const TABLES = 'TABLES';
