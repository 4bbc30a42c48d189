import { once } from 'node:events';

/** Writes to standard output, waiting where its reader is slow. */
export async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
