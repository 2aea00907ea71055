// The name in a Host field, and the patterns that it fits.

/** Without port, and without the dot that ends an absolute name. */
export function hostNameOf(host: string): string {
  const colon = host.endsWith("]") ? -1 : host.lastIndexOf(":");
  const name = colon === -1 ? host : host.slice(0, colon);
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** @param pattern  lower case: `a.example.com`, `*.example.com` or `*` */
export function fitsHost(pattern: string, name: string): boolean {
  if (pattern === "*" || pattern === name) return true;
  const end = pattern.slice(1);
  return pattern.startsWith("*.") && name.length > end.length && name.endsWith(end);
}
