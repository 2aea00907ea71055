// Makes sure that no other proxy listens on our addresses. Workers share a port (SO_REUSEPORT), so
// another proxy that is started by mistake could share it too: both would say that they serve, and
// the kernel would deal clients out to both. With inherited sockets sharing is meant, and not
// checked.

import { once } from "node:events";
import { createServer, type ListenOptions, type Server } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { LIMITS } from "../../../base/limits.ts";
import type { ListenerSockets } from "../../handover/inherited.ts";
import { StartupError } from "../../shared/start-errors.ts";

/** In Linux's abstract namespace, which is the network's: it goes with the process. */
const LOCK = "\0sluice is about to listen";
const LOCK_LOOK_MS = 20;

/** Nobody else of ours looks or begins to listen until it is disposed of. */
export async function lockPorts(): Promise<Disposable> {
  const untilMs = performance.now() + LIMITS.portLockMs;
  for (;;) {
    const lock = await listening({ path: LOCK }).catch(() => null);
    // whoever keeps it for longer is none of ours
    if (lock !== null || performance.now() > untilMs) {
      return { [Symbol.dispose]: () => void lock?.close() };
    }
    await wait(LOCK_LOOK_MS);
  }
}

/** Throws StartupError, which names the address. */
export async function expectFree(sockets: readonly ListenerSockets[]): Promise<void> {
  for (const { at, descriptors } of sockets) {
    if (descriptors.length > 0 || at.port === 0) continue;
    try {
      // without SO_REUSEPORT: refused if anybody listens there
      const { host, port } = at;
      const probe = await listening({ host, port, exclusive: true });
      probe.close();
      await once(probe, "close");
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new StartupError(`Cannot listen on ${at.address}: ${reason}`, { cause });
    }
  }
}

async function listening(at: ListenOptions): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.listen(at);
  await once(server, "listening");
  return server;
}
