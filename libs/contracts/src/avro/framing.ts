/**
 * How a message names the schema that it was written with.
 *
 * - `single-object`: by fingerprint, of a schema that ships with Margay. Needs nothing else.
 * - `confluent`: by the id that a schema registry gave, so that any consumer of the registry can read it.
 *
 * Reading understands both, whichever is configured, except that ids mean nothing without a registry.
 */
export type Framing =
  | { readonly kind: 'single-object' }
  | {
      readonly kind: 'confluent';
      /** The id of a schema, given its canonical form. */
      readonly idOf: (schema: string) => number;
      /** The schema of an id as JSON text; undefined where the registry has none. */
      readonly schemaOf: (id: number) => string | undefined;
    };

/** The framing without a schema registry. */
export const SINGLE_OBJECT: Framing = { kind: 'single-object' };

/** The id of the schema that Confluent-framed bytes name; undefined for bytes in another form. */
export function confluentId(bytes: Uint8Array): number | undefined {
  if (bytes.length < 5 || bytes[0] !== 0) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
}
