/** What one proxy says in `Forwarded`: its parameters by their names, in lower case. */
export type Hop = ReadonlyMap<string, string>;

/** Characters; a chain of twenty proxies that each say all four things, with long names, has no more. */
const LENGTH_MAX = 4096;

// Each is matched at one place and can end in one way alone, so that reading takes as many steps as there are characters.
const SPACE = /[ \t]*/y;
const NAME = /([\w!#$%&'*+.^`|~-]+)=/y;
/** A value may have commas and semicolons in it where it is quoted. */
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const BARE = /([^\s",;]*)/y;
const END = /[;,]|$/y;

/**
 * The hops of a `Forwarded` header (RFC 7239), the nearest last. A header that cannot be read says nothing: where a quotation that
 * a client began never ends, nobody can tell its words from those of the proxies. One that is longer than any chain of proxies makes it
 * says nothing either.
 */
export function readForwarded(header: string): Hop[] {
  if (header.length > LENGTH_MAX) return [];
  const hops = [new Map<string, string>()];
  let at = 0;
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    at += found?.[0].length ?? 0;
    return found;
  };
  while (at < header.length) {
    next(SPACE);
    const name = next(NAME)?.[1]?.toLowerCase();
    if (name !== undefined) {
      // A proxy says each thing once: what is there twice can be read in two ways.
      if (hops.at(-1)!.has(name)) return [];
      const quoted = next(QUOTED)?.[1];
      hops.at(-1)!.set(name, quoted?.replaceAll(/\\(.)/g, '$1') ?? next(BARE)![1]!);
    }
    next(SPACE);
    const end = next(END);
    if (end === null) return [];
    if (end[0] === ',') hops.push(new Map());
  }
  return hops;
}
