// Sockets that systemd opened and passed on (sd_listen_fds): LISTEN_FDS of them from descriptor 3
// on, meant for the process LISTEN_PID. The address of each one is read from /proc, because Node
// cannot ask for it without beginning to accept.

import { readFileSync, readlinkSync } from "node:fs";
import type { Address } from "../../base/config/address.ts";
import type { InheritedSocket } from "./handover-messages.ts";

const FIRST = 3;
/** More than anybody passes; a wrong number must not keep us busy. */
const SOCKETS_MAX = 1_024;
/** State of a listening socket in /proc/net/tcp. */
const LISTEN = "0A";

type Environment = Readonly<Record<string, string | undefined>>;

export function systemdSockets(environment: Environment, pid: number): InheritedSocket[] {
  if (environment.LISTEN_PID !== String(pid)) return [];
  const count = Math.min(Number(environment.LISTEN_FDS ?? 0) || 0, SOCKETS_MAX);
  const places = listeningSockets();
  const byAddress = new Map<string, InheritedSocket>();
  for (let fd = FIRST; fd < FIRST + count; fd++) {
    const bound = places.get(inodeOf(fd));
    if (bound === undefined) continue;
    const known = byAddress.get(bound.address)?.descriptors ?? [];
    byAddress.set(bound.address, {
      configured: bound.address,
      bound,
      descriptors: [...known, fd],
    });
  }
  return [...byAddress.values()];
}

function inodeOf(fd: number): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? "";
  } catch {
    return "";
  }
}

/** Addresses by inode. A line: `0: 0100007F:1F90 00000000:0000 0A … uid timeout inode …`. */
function listeningSockets(): Map<string, Address> {
  const places = new Map<string, Address>();
  for (const file of ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
    for (const line of linesOf(file)) {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      if (state === LISTEN) places.set(inode, addressOf(local));
    }
  }
  return places;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "latin1").split("\n").slice(1);
  } catch {
    return [];
  }
}

/** `0100007F:1F90`: the address in words of four bytes, each turned round; the port as it is. */
function addressOf(local: string): Address {
  const [words = "", portText = ""] = local.split(":");
  const bytes = Buffer.from(words, "hex").swap32();
  const port = Number.parseInt(portText, 16);
  if (bytes.length === 4) {
    const host = bytes.join(".");
    return { host, port, address: `${host}:${port}` };
  }
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16));
  const host = new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
  return { host, port, address: `[${host}]:${port}` };
}
