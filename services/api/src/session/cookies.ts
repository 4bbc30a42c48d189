/** How a cookie is set. */
export interface CookieOptions {
  /** The request came by TLS: so must every other that has the cookie. */
  readonly secure: boolean;
  /** `Lax` where a page elsewhere leads back here, as an identity provider does. */
  readonly sameSite: 'Strict' | 'Lax';
  /** Until the browser is closed unless set. */
  readonly maxAgeSeconds?: number;
}

/** The name of a cookie where it is secure: browsers take such a one from this very host by TLS only, so that nobody else can put it there. */
export const nameOf = (name: string, secure: boolean): string => (secure ? `__Host-${name}` : name);

/** The line that sets a cookie. */
export const cookieLine = (
  name: string,
  value: string,
  { secure, sameSite, maxAgeSeconds }: CookieOptions,
): string =>
  `${nameOf(name, secure)}=${value}; Path=/; HttpOnly; SameSite=${sameSite}${maxAgeSeconds === undefined ? '' : `; Max-Age=${maxAgeSeconds}`}${secure ? '; Secure' : ''}`;

/** The line that takes it away. */
export const noCookie = (name: string, options: Omit<CookieOptions, 'maxAgeSeconds'>): string =>
  cookieLine(name, '', { ...options, maxAgeSeconds: 0 });

/** The value of a cookie; undefined where there is none, or two of that name, of which one was put there by somebody else. */
export function cookieOf(header: string | undefined, name: string, secure: boolean): string | undefined {
  const start = `${nameOf(name, secure)}=`;
  const found = (header ?? '')
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text.startsWith(start));
  return found.length === 1 ? found[0]!.slice(start.length) : undefined;
}
