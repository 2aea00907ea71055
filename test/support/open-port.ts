// Programs that say nothing when they begin to listen, or say it too early.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** Until the port takes connections. Rejects with what the program said if that has ended. */
export async function untilOpen(
  port: number,
  child: ChildProcess,
  said: () => string,
): Promise<void> {
  while (!(await isOpen(port))) {
    const ending = child.exitCode ?? child.signalCode;
    if (ending !== null) throw new Error(`${child.spawnfile} has ended (${ending}): ${said()}`);
    await sleep(20);
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
