// The real sockets between a worker's lane and a cell's host, both in this process.

import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { ReadTap } from "../../src/base/read-tap.ts";
import { socketPair } from "../../src/fleet/worker/socket-pair.ts";
import type { CellHost } from "../../src/sandbox/cell/cell-host.ts";
import type { CellLane } from "../../src/sandbox/cell/cell-lane.ts";
import { CellLink } from "../../src/sandbox/cell/cell-link.ts";
import type { PipeMessage } from "../../src/sandbox/cell/pipe.ts";
import { PipeReader } from "../../src/sandbox/cell/pipe-reader.ts";
import { PipeWriter } from "../../src/sandbox/cell/pipe-writer.ts";

export async function linkTo(host: Pick<CellHost, "received">, index = 1) {
  const [tap, cellTap] = [new ReadTap(), new ReadTap()];
  const [down, up] = [await socketPair(cellTap), await socketPair(tap)];
  const writer = new PipeWriter(up.far);
  const worker = { index, send: (message: PipeMessage) => writer.send(message) };
  const reader = new PipeReader();
  cellTap.receiver = {
    onBytes: (bytes) => {
      reader.read(bytes, (message) => host.received(worker, message));
      return true;
    },
  };
  let lane: Pick<CellLane, "receive"> | null = null;
  const link = new CellLink(
    { toCell: down.far, fromCell: up.near, tap },
    {
      receive: (message, from) => lane?.receive(message, from) ?? false,
      fault: (error) => assert.fail(error),
    },
  );
  const sockets: Socket[] = [down.near, down.far, up.near, up.far];
  return {
    link,
    attach: (made: Pick<CellLane, "receive">) => {
      lane = made;
    },
    end: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}
