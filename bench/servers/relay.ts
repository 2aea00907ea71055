// A bare relay of Node's sockets: bytes go from a client to the origin and back, and nobody reads
// them. No proxy on Node that looks at a request can be faster: the distance to it is what reading,
// deciding and writing cost. Arguments: port, origin's port.

import { connect, createServer, type Socket } from "node:net";

const [, , port, origin] = process.argv;

/** Clients ask again only when they are answered, so nothing piles up. */
function relay(from: Socket, to: Socket): void {
  from.setNoDelay(true);
  from.on("data", (bytes: Buffer) => to.write(bytes));
  from.on("end", () => to.end());
  from.on("error", () => to.destroy());
  from.on("close", () => to.destroy());
}

const server = createServer((client) => {
  const upstream = connect({ host: "127.0.0.1", port: Number(origin) });
  relay(client, upstream);
  relay(upstream, client);
});
server.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });

process.once("SIGTERM", () => process.exit());
