// @fastify/http-proxy as its manual shows it, without a log. It lives in bench/.peers, so it is
// loaded from there. Arguments: port, origin's port.

import { createRequire } from "node:module";

interface Fastify {
  register(plugin: unknown, options: object): void;
  listen(options: object): Promise<string>;
}

const load = createRequire(new URL("../.peers/package.json", import.meta.url));
const createFastify: (options: object) => Fastify = load("fastify");
const proxy: unknown = load("@fastify/http-proxy");

const [, , port, origin] = process.argv;
const app = createFastify({ logger: false });
app.register(proxy, {
  upstream: `http://127.0.0.1:${origin}`,
  undici: { connections: 512, pipelining: 1, keepAliveTimeout: 3_600_000 },
});
await app.listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });

process.once("SIGTERM", () => process.exit());
