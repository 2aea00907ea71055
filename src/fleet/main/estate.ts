// What a successor inherits of this process: the listening sockets, and the one of the admin
// address.

import type { Config } from "../../base/config/types.ts";
import type { InheritedSocket } from "../handover/handover-messages.ts";
import type { HandoverPayload } from "../handover/successor.ts";
import type { WorkerPool } from "./workers/worker-pool.ts";

export function socketsOf(
  config: Config,
  { descriptors, listening }: WorkerPool,
  adminDescriptor: number,
): Omit<HandoverPayload, "counters"> {
  const listeners = config.listeners.map(({ address }, i): InheritedSocket => {
    return {
      configured: address,
      bound: listening[i] ?? none(),
      descriptors: descriptors[i] ?? [],
    };
  });
  const bound = config.admin;
  const admin = {
    configured: bound.address,
    bound,
    descriptors: adminDescriptor < 0 ? [] : [adminDescriptor],
  };
  return { listeners, admin };
}

function none(): never {
  throw new TypeError("every listener has a place");
}
