// Two connected sockets, one of them for a child process. Node has no socketpair(), so this file
// listens in a folder that nobody else may enter, connects to itself, and removes the folder.

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { descriptorOf } from "../../base/descriptor.ts";
import type { ReadTap } from "../../base/read-tap.ts";

export interface SocketPair {
  readonly near: Socket;
  /** For the child: nothing is read from it here. */
  readonly far: Socket;
  /** Descriptor of `far`. */
  readonly descriptor: number;
}

/** @param tap  what `near` is read through; left out: a stream */
export async function socketPair(tap?: ReadTap): Promise<SocketPair> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-"));
  const server = createServer({ pauseOnConnect: true });
  try {
    server.listen(join(folder, "s"));
    await once(server, "listening");
    const accepted = Promise.withResolvers<Socket>();
    server.once("connection", accepted.resolve);
    const path = join(folder, "s");
    const near = connect(tap === undefined ? { path } : { path, onread: tap });
    await once(near, "connect");
    // without a descriptor for the other end libuv closes it unseen
    const closed = (): void => accepted.reject(new Error("no descriptor is left (ulimit -n)"));
    near.once("close", closed);
    const far = await accepted.promise;
    near.off("close", closed);
    return { near, far, descriptor: descriptorOf(far) };
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}
