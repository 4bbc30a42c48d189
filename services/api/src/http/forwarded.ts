/** What one proxy says in `Forwarded`: its parameters by their names, in lower case. */
export type Hop = ReadonlyMap<string, string>;

/** A parameter, if there is one, and what it ends with. A value may have commas and semicolons in it where it is quoted. */
const PARAMETER = /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=("(?:[^"\\]|\\.)*"|[^\s",;]*))?[ \t]*(?:([;,])|$)/y;

/**
 * The hops of a `Forwarded` header (RFC 7239), the nearest last. A header that cannot be read says nothing: where a quotation that
 * a client began never ends, nobody can tell its words from those of the proxies.
 */
export function readForwarded(header: string): Hop[] {
  const hops = [new Map<string, string>()];
  const parameter = new RegExp(PARAMETER);
  while (parameter.lastIndex < header.length) {
    const [, name, value = '', end] = parameter.exec(header) ?? [];
    // Nothing matched here.
    if (parameter.lastIndex === 0) return [];
    // A proxy says each thing once: what is there twice can be read in two ways.
    if (name !== undefined && hops.at(-1)!.has(name.toLowerCase())) return [];
    if (name !== undefined) hops.at(-1)!.set(name.toLowerCase(), unquoted(value));
    if (end === ',') hops.push(new Map());
  }
  return hops;
}

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
