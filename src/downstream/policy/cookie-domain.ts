// Cookies that an origin sets for a domain of its own, which clients of this proxy would not keep:
// without the domain they are of the host that the client asked.

const COOKIE_LINE = /^set-cookie:[^\r\n]*/gim;
const DOMAIN = /;[ \t]*domain[ \t]*(?:=[^;]*)?(?=;|$)/gi;

export const withoutCookieDomains = (headers: string): string =>
  headers.replace(COOKIE_LINE, (line) => line.replace(DOMAIN, ""));
