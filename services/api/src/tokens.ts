/** The token of the `Authority` that decides who may see what. */
export const AUTHORITY = 'AUTHORITY';

/** The token of `Access`: who asks, and what they may see. */
export const ACCESS = 'ACCESS';

/** The token of the cluster's name. */
export const CLUSTER = 'CLUSTER';

/** The token of the clusters that are served here, see `ClustersHere`. */
export const CLUSTERS_HERE = 'CLUSTERS_HERE';

/** The token of the names that the API may be reached under; of undefined for any. */
export const HOSTS = 'HOSTS';

/** The token of the name that browsers are told to ask by TLS alone; of undefined for none. */
export const HTTPS_ONLY = 'HTTPS_ONLY';

/** The token of where the evidence of a hub's cluster is, see `KeptIn`; of undefined where it is here. */
export const KEPT_IN = 'KEPT_IN';

/** The token of how much one person may ask for, see `Limits`. */
export const LIMITS = 'LIMITS';

/** The token of the networks that do not count as the internet; of undefined for the default list. */
export const NETWORKS = 'NETWORKS';

/** The token of what tells where a request came from, see `readOrigin`. */
export const ORIGIN_OF = 'ORIGIN_OF';

/** The token of how long sessions last. */
export const SESSION_LIMITS = 'SESSION_LIMITS';

/** The token of the ways to sign in, see `SignIn`. */
export const SIGN_IN = 'SIGN_IN';
/** How copies are made, or undefined. */
export const SINK = 'SINK';

/** The token of the tables of archived reports, see `tablesOf`. */
export const TABLES = 'TABLES';
