// What a script's top level left behind, as the runtime inside tells it: hostile input, like all
// that comes out of an isolate.

/** What a script's top level left behind. */
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
      const unknown = Array.isArray(loaded.unknown) ? loaded.unknown.map(String) : [];
      return { mask: loaded.mask, unknown, bodies: readBodies(loaded) };
    }
    if ("error" in loaded && typeof loaded.error === "object" && loaded.error !== null) {
      const { message, stack } = loaded.error as { message?: unknown; stack?: unknown };
      return { error: { message: String(message), stack: String(stack) } };
    }
  }
  throw new TypeError("the script's top level left no result");
}

function readBodies(loaded: object): BodyModes {
  const bodies = "bodies" in loaded ? loaded.bodies : null;
  const { request, response } = (bodies ?? {}) as { request?: unknown; response?: unknown };
  const bytes = (mode: unknown): number => (typeof mode === "number" && mode > 0 ? mode : 0);
  return { request: bytes(request), response: bytes(response) };
}
