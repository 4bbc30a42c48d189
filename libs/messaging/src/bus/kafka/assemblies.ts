import { Assembly } from '../parts.ts';

/** Where a partition is to be read again from. */
interface Place {
  readonly partition: number;
  readonly offset: string;
}

/** What a consumer puts together, by partition. */
export interface Assemblies {
  readonly of: (partition: number) => Assembly;
  /** Forgets all: the partitions are read from where the group is. */
  clear(): void;
  close(): void;
}

/**
 * @param milliseconds how long the rest of a message is waited for; for ever unless given.
 * @param readAgain asked to bring a partition again from where a message that was given up begins, since an idle one brings nothing.
 */
export function assemblies(
  milliseconds = Infinity,
  readAgain: (place: Place) => void = () => {},
): Assemblies {
  const assembled = new Map<number, Assembly>();
  const look = () => {
    for (const [partition, assembly] of assembled) {
      const first = assembly.giveUpBefore(Date.now() - milliseconds);
      if (first !== undefined) readAgain({ partition, offset: first.offset });
    }
  };
  const looking = Number.isFinite(milliseconds) ? setInterval(look, milliseconds / 4) : undefined;
  looking?.unref();
  return {
    of(partition) {
      const assembly = assembled.get(partition) ?? new Assembly();
      assembled.set(partition, assembly);
      return assembly;
    },
    clear: () => assembled.clear(),
    close: () => clearInterval(looking),
  };
}
