import type { Archive } from './archive.ts';
import { ArchiveDamaged } from './damaged.ts';

/** The archive that tells, of all that is read of it, what is not what was archived, whoever reads and whatever becomes of it. */
export function toldArchive(archive: Archive, tell: (damage: ArchiveDamaged) => void): Archive {
  const told = (error: unknown): never => {
    // What retention removed is no sign that somebody changed something.
    if (error instanceof ArchiveDamaged && !error.isGone) tell(error);
    throw error;
  };
  return {
    ...archive,
    complete: (report) => archive.complete(report).catch(told),
    header: (id) => archive.header(id).catch(told),
    part: (id, part) => archive.part(id, part).catch(told),
    async *parts(id, kind) {
      try {
        yield* archive.parts(id, kind);
      } catch (error) {
        told(error);
      }
    },
  };
}
