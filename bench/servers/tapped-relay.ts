// The same relay past Node's streams, in the way of Sluice's own connections: what remains is the
// kernel's part and libuv's. No proxy on Node takes less. Arguments: port, origin's port.

import { connect, createServer, type Socket } from "node:net";
import { ReadTap, throughTap } from "../../src/base/read-tap.ts";
import { WriteTap } from "../../src/base/write-tap.ts";

const [, , port, origin] = process.argv;

/**
 * Messages are short, and a write that the kernel did not take at once would be overwritten; it
 * takes none at all for one who has gone.
 */
function relay(tap: ReadTap, to: Socket): void {
  const writes = new WriteTap(to);
  tap.receiver = {
    onBytes(bytes) {
      if (!writes.write(bytes)) to.destroy();
      return true;
    },
  };
}

function endTogether(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}

const server = createServer({ pauseOnConnect: true }, (accepted) => {
  const fromOrigin = new ReadTap();
  const upstream = connect({ host: "127.0.0.1", port: Number(origin), onread: fromOrigin });
  upstream.once("connect", () => {
    const fromClient = new ReadTap();
    const client = throughTap(accepted, fromClient);
    if (client === null) throw new Error("no tap");
    relay(fromClient, upstream);
    relay(fromOrigin, client);
    endTogether(client, upstream);
    endTogether(upstream, client);
  });
});
server.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });

process.once("SIGTERM", () => process.exit());
