const AT_ONCE = 32;

/** What comes of each, in their order, with so many at the same time. Where one fails, those behind it are not begun. */
export async function atOnce<T, R>(
  all: readonly T[],
  work: (each: T) => Promise<R>,
  most = AT_ONCE,
): Promise<R[]> {
  const done: R[] = [];
  for (let from = 0; from < all.length; from += most)
    done.push(...(await Promise.all(all.slice(from, from + most).map(work))));
  return done;
}
