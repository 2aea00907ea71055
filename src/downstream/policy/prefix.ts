// The part of a target that a route's path stands for, and what is left without it. What is left
// stays byte for byte as it came.

export class Prefix {
  readonly #segments: number;

  /** @param path  of the route: `/api`; a slash at its end makes no difference */
  constructor(path: string) {
    this.#segments = path.split("/").filter((segment) => segment !== "").length;
  }

  /**
   * Of a target that the route was found for: `/x?y` of `/api/x?y`; `?y` of `/api?y`. Never begins
   * with two slashes, which would be a host's name to whoever redirects to it.
   */
  restOf(target: string): string {
    let end = 0;
    for (let left = this.#segments; left > 0; left--) {
      const next = /[/?]/g;
      next.lastIndex = end + 1;
      end = next.exec(target)?.index ?? target.length;
      if (target[end] === "?") break;
    }
    return target.slice(end).replace(/^[/\\]{2,}/, "/");
  }
}

/** The target with `newPrefix` in place of the route's path: `/v2/x` of `/api/x`. */
export function replacePrefix(target: string, prefix: Prefix, newPrefix: string): string {
  const rest = prefix.restOf(target);
  const start = newPrefix.endsWith("/") ? newPrefix.slice(0, -1) : newPrefix;
  const whole = start + rest;
  return whole.startsWith("/") ? whole : `/${whole}`;
}
