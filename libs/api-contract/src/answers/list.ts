import * as z from 'zod';

/** A list that nobody changes. */
export const list = <T extends z.ZodType>(of: T) => z.array(of).readonly();

/** RFC 3339, UTC, to the microsecond. */
export const instant = z.iso.datetime({ offset: true });

export const count = z.int().min(0);

/** So many by name. */
export const counts = z.record(z.string(), count);

/** One page of a longer list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: list(item),
    total: count.meta({ description: 'Of all pages together.' }),
    next: z.string().nullable().meta({ description: 'The `cursor` of the next page; null on the last one.' }),
  });
export type Page<T> = Omit<z.output<ReturnType<typeof pageOf>>, 'items'> & { readonly items: readonly T[] };
