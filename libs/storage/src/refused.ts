/**
 * A store does not take something, however often it is tried, and takes everything else: what is wrong is the thing itself, of which
 * something is larger than the store can hold.
 */
export class Refused extends Error {
  override readonly name = 'Refused';
}
