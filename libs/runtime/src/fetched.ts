/** Why a fetch failed: its own words say nothing, and those of its cause do. */
export function fetchFailure(error: unknown): string {
  const { cause } = error as Error;
  const { code, message } = (cause instanceof Error ? cause : error) as NodeJS.ErrnoException;
  return code ?? message;
}

/** The bytes of an answer; undefined where there are more than so many, of which the rest is not read. */
export async function bytesWithin(
  bytesMax: number,
  { body }: Pick<Response, 'body'>,
): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
