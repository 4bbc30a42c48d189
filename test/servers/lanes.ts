/** By which the tests find a server. */
export type Variables = Readonly<Record<string, string>>;

/** The variable that has those of each lane, as JSON. */
export const LANES = 'MARGAY_TEST_LANES';
