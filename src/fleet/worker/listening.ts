// Opens the listeners of one worker: on descriptors that it was given, else on its own beside the
// other workers'. A descriptor belongs to one worker, because the thread that has it also accepts
// on it.

import type { Address } from "../../base/config/address.ts";
import type { Bound, ListenAt } from "../../downstream/listeners.ts";
import type { DownstreamServer } from "../../downstream/server.ts";
import type { Listening, ListenSpec } from "../shared/messages.ts";
import { StartupError } from "../shared/start-errors.ts";

/** Throws StartupError, which names the address. */
export async function bindAll(
  server: DownstreamServer,
  listeners: readonly ListenSpec[],
  reusePort: boolean,
): Promise<Listening[]> {
  const all: Listening[] = [];
  for (const [index, spec] of listeners.entries()) {
    all.push(await bindOne(server, spec, { index, reusePort }));
  }
  return all;
}

async function bindOne(
  server: DownstreamServer,
  { at, descriptors, isOptional }: ListenSpec,
  { index, reusePort }: { readonly index: number; readonly reusePort: boolean },
): Promise<Listening> {
  const { host, port } = at;
  const places: ListenAt[] =
    descriptors.length > 0 ? descriptors.map((fd) => ({ fd })) : [{ host, port, reusePort }];
  const bound: Bound[] = [];
  for (const place of places) {
    try {
      bound.push(await server.listen(place, index));
    } catch (cause) {
      if (isOptional) continue;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StartupError(`Cannot listen on ${at.address}: ${reason}`, { cause });
    }
  }
  const own = bound.map(({ fd }) => fd).filter((fd) => fd >= 0);
  return { at: withPort(at, bound[0]?.port ?? port), descriptors: own };
}

function withPort({ host }: Address, port: number): Address {
  return { host, port, address: `${host.includes(":") ? `[${host}]` : host}:${port}` };
}
