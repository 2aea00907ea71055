// What a script's top level left behind, as the runtime inside tells it: hostile input, like all
// that comes out of an isolate.

import { nearest } from "../base/config/nearest.ts";
import { HOOKS } from "../wire/phases.ts";

/**
 * What a script's top level left behind. `unknown`: names that are no hooks, of a class's instance
 * those alone that are probably meant to be.
 */
export type LoadResult =
  | { readonly mask: number; readonly unknown: readonly string[]; readonly bodies: BodyModes }
  | { readonly error: { readonly message: string; readonly stack: string } };

/** Bytes up to which a body is kept whole for its hook; 0: it comes in chunks. */
export interface BodyModes {
  readonly request: number;
  readonly response: number;
}

export function readLoad(json: string): LoadResult {
  const loaded: unknown = JSON.parse(json);
  if (typeof loaded === "object" && loaded !== null) {
    if ("mask" in loaded && typeof loaded.mask === "number" && "unknown" in loaded) {
      return { mask: loaded.mask, unknown: unknownOf(loaded), bodies: readBodies(loaded) };
    }
    if ("error" in loaded && typeof loaded.error === "object" && loaded.error !== null) {
      const { message, stack } = loaded.error as { message?: unknown; stack?: unknown };
      return { error: { message: String(message), stack: String(stack) } };
    }
  }
  throw new TypeError("the script's top level left no result");
}

/** As many as the runtime tells of, and no longer than a name that somebody means. */
const NAMES_MAX = 256;
const NAME_CHARS_MAX = 128;

function unknownOf(loaded: { readonly unknown?: unknown }): string[] {
  const given = Array.isArray(loaded.unknown) ? loaded.unknown.slice(0, NAMES_MAX) : [];
  const names = given.map((name) => String(name).slice(0, NAME_CHARS_MAX));
  const isInstance = "isInstance" in loaded && loaded.isInstance === true;
  return isInstance ? names.filter((name) => nearest(name, HOOKS) !== null) : names;
}

function readBodies(loaded: object): BodyModes {
  const bodies = "bodies" in loaded ? loaded.bodies : null;
  const { request, response } = (bodies ?? {}) as { request?: unknown; response?: unknown };
  const bytes = (mode: unknown): number => (typeof mode === "number" && mode > 0 ? mode : 0);
  return { request: bytes(request), response: bytes(response) };
}
