// Cookies of a request, as far as the proxy looks at them.

import { fieldOf } from "../wire/headers.ts";

/**
 * The value of the first cookie of this name; null: there is none. Several Cookie lines come joined
 * with ", ".
 */
export function cookieOf(headers: string, name: string): string | null {
  const cookies = fieldOf(headers, "cookie");
  if (cookies === null) return null;
  for (const pair of cookies.split(/[;,]/)) {
    const equals = pair.indexOf("=");
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return null;
}
