// Where a redirect leads: a text with placeholders, taken apart once.
//
//   https://{host}{target}  of  GET /a?b=c, Host: example.com:8080  is  https://example.com/a?b=c

import type { RedirectConfig } from "../../base/config/policy/types.ts";
import { pathOf } from "../../wire/path.ts";
import { hostNameOf } from "./host.ts";
import type { Prefix } from "./prefix.ts";

export interface RedirectRequest {
  readonly target: string;
  readonly host: string;
}

export class Redirect {
  readonly status: number;
  /** Texts and the names of placeholders, in turn. */
  readonly #parts: readonly string[];
  readonly #prefix: Prefix;
  readonly #needsHost: boolean;

  /** @param prefix  of the route: what {rest} is without */
  constructor({ to, status }: RedirectConfig, prefix: Prefix) {
    this.status = status;
    this.#parts = to.split(/\{([a-z]+)\}/);
    this.#prefix = prefix;
    this.#needsHost = /\{host(?:port)?\}/.test(to);
  }

  /** Null: the request names no host, but the place needs one: https:///a.example leads there. */
  to(request: RedirectRequest): string | null {
    if (this.#needsHost && request.host === "") return null;
    let to = "";
    for (const [index, part] of this.#parts.entries()) {
      to += index % 2 === 0 ? part : this.#value(part, request);
    }
    return to;
  }

  #value(name: string, { target, host }: RedirectRequest): string {
    switch (name) {
      case "host":
        return hostNameOf(host);
      case "hostport":
        return host;
      case "target":
        return target;
      case "path":
        return pathOf(target);
      case "query":
        return target.slice(pathOf(target).length);
      default:
        return this.#prefix.restOf(target);
    }
  }
}
