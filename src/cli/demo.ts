// The upstreams that `sluice serve --demo` starts, so that there is something to proxy to: for each
// peer of the configuration a small server that answers with the name of its group.

import { createServer, type Server } from "node:http";
import type { Config, PeerConfig } from "../base/config/types.ts";

/**
 * Longer than the proxy keeps idle connections, so that it is never the upstream that closes one.
 */
const KEEP_ALIVE_MS = 120_000;

/** Starts them all, or none. Closed when disposed of. */
export async function startDemo(config: Config): Promise<AsyncDisposable> {
  await using servers = new AsyncDisposableStack();
  for (const upstream of config.tenants.flatMap((tenant) => tenant.upstreams)) {
    for (const peer of upstream.peers) {
      servers.use(await startOrigin(upstream.name, peer));
    }
  }
  return servers.move();
}

async function startOrigin(name: string, peer: PeerConfig): Promise<AsyncDisposable> {
  const { address, host, port, tls } = peer;
  if (!isLoopback(host) || tls !== null) {
    const got = tls === null ? address : `${address} with TLS`;
    throw new Error(`Cannot start the demo upstream ${name}: expected a local address, got ${got}`);
  }
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const from = `${request.socket.remotePort}`;
    const text = `Hello from ${name}: ${request.method} ${request.url} (connection ${from})\n`;
    request.resume();
    response.writeHead(200, { "content-type": "text/plain", "content-length": text.length });
    response.end(text);
  });
  await listen(server, { name, host, port });
  return { [Symbol.asyncDispose]: () => close(server) };
}

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host.startsWith("127.");

interface Place {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

const listen = (server: Server, { name, host, port }: Place): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const place = `the demo upstream ${name} on ${host}:${port}`;
      reject(new Error(`Cannot start ${place}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, resolve);
  });

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
