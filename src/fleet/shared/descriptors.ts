// How many descriptors (files, sockets, pipes) the process may have open, and how they are shared
// out. Where none is left, libuv accepts clients and closes them unseen, and peers cannot be
// connected to. So the number of clients is bounded below that.

import { readFileSync } from "node:fs";
import type { ConnectionsBound } from "../../downstream/clients.ts";
import { ServeError } from "./start-errors.ts";

/** What one worker may have. */
export interface DescriptorShare {
  readonly clients: number;
  /** Connections to peers, idle ones among them. */
  readonly upstreams: number;
}

/** Libraries, the store, the log, the admin address, a bundler and trials: 42 were counted. */
const PROCESS = 80;
/** Event loop, listeners, and clients that are turned away: 5 and 1 were counted, and 32. */
const WORKER = 40;
/** A cell has its pipes, and two sockets for each worker. */
const CELL = 4;
const CELL_WORKER = 2;
/** Cells that start, whatever clients there are; of many descriptors more are left to them. */
const CELLS_MIN = 4;
const CELLS_SHARE = 1 / 8;
/** A worker with fewer clients than that is of no use. */
const CLIENTS_MIN = 8;

/** The default of `limits.connections`, which is for machines with descriptors enough. */
const CONNECTIONS_DEFAULT = 20_000;
/** What a small site never reaches. */
const CLIENTS_ENOUGH = 1_000;

/** The process's limit; Infinity: none, or not known. Node has raised it as far as it may. */
export function descriptorLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** Throws ServeError if there are too few to serve anybody. */
export function shareOf(limit: number, workers: number): DescriptorShare {
  if (limit === Number.POSITIVE_INFINITY) return { clients: limit, upstreams: limit };
  const kept = PROCESS + WORKER * workers;
  const fewCells = CELLS_MIN * (CELL + CELL_WORKER * workers);
  const each = (limit - kept - Math.max(fewCells, limit * CELLS_SHARE)) / workers;
  const clients = Math.floor(each / 2);
  if (clients >= CLIENTS_MIN) return { clients, upstreams: Math.floor(each) - clients };
  const used = kept + 2 * CLIENTS_MIN * workers;
  const least = Math.ceil(Math.max(used + fewCells, used / (1 - CELLS_SHARE)));
  const expected = `expected a limit of ${least} or more open files for ${workers} workers`;
  throw new ServeError(`Cannot serve: ${expected}, got ${limit} (ulimit -n)`);
}

/** The lower of what is configured and what there are descriptors for. */
export const boundOf = (configured: number, { clients }: DescriptorShare): ConnectionsBound =>
  configured <= clients
    ? { max: configured, name: "limits.connections" }
    : { max: clients, name: "ulimit -n" };

type Few = {
  readonly descriptors: number;
  readonly configured: number;
  readonly connections: number;
};

export function warnOfFew(
  logger: { warn(fields: Few, text: string): void },
  configured: number,
  share: DescriptorShare,
): void {
  const { max, name } = boundOf(configured, share);
  if (name === "limits.connections") return;
  // nobody has asked for the default, and few need all of it
  if (configured === CONNECTIONS_DEFAULT && max >= CLIENTS_ENOUGH) return;
  const fields = { descriptors: descriptorLimit(), configured, connections: max };
  logger.warn(fields, "ulimit -n is too low for limits.connections: fewer clients are served");
}
