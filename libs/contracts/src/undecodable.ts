/** The bytes are no message of their topic, and trying again will not help: the message says why. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
}
