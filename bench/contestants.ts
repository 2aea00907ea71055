// The proxies that are measured, as one table: what each does, which files it needs, how it starts.
// Files and commands are templates (template.ts). Every one runs one worker.

/** What a contestant does with a request, and so what check.ts demands of it. */
export type Work = "forward" | "hooks" | "hooks without counter" | "token" | "fetch";

/** What must be there before it can start, besides nginx, which is the origin. */
export type Need = "lua" | "njs" | "haproxy" | "npm" | "pingora";

export interface Contestant {
  readonly name: string;
  readonly label: string;
  readonly work: Work;
  /** Templates of bench/peers that are rendered into the contestant's own folder. */
  readonly files: readonly string[];
  readonly command: readonly string[];
  readonly needs?: readonly Need[];
  /** What its templates leave open. */
  readonly script?: string;
  readonly isolation?: "inline" | "process";
  /** Header lines that the client sends it, as templates. */
  readonly headers?: readonly string[];
}

const nginx = (file: string): string[] => [
  "nginx",
  "-e",
  "stderr",
  "-p",
  "{{folder}}",
  "-c",
  `{{folder}}/${file}`,
];

const node = (file: string): string[] => [
  "{{node}}",
  `{{root}}/bench/servers/${file}`,
  "{{port}}",
  "{{origin}}",
];

const sluice = (file: string): string[] => [
  "{{node}}",
  "{{root}}/bin/sluice.js",
  "serve",
  "--config",
  `{{folder}}/${file}`,
  "--workers",
  "1",
];

const guard = (script: string, isolation: "inline" | "process" = "inline") => ({
  files: ["sluice-guard.yaml", script],
  command: sluice("sluice-guard.yaml"),
  script,
  isolation,
});

const njsGuard = (handler: string) => ({
  needs: ["njs"] as const,
  files: ["nginx-njs-guard.conf", "nginx-njs-guard.js"],
  command: nginx("nginx-njs-guard.conf"),
  script: handler,
});

const pingora = (work: string) => ({
  needs: ["pingora"] as const,
  files: [],
  command: ["{{pingora}}", "{{port}}", "{{origin}}", work],
});

const BEARER = ["Authorization: Bearer {{token}}"];

export const CONTESTANTS: readonly Contestant[] = [
  {
    name: "nginx",
    label: "nginx",
    work: "forward",
    files: ["nginx.conf"],
    command: nginx("nginx.conf"),
  },
  {
    name: "nginx-lua",
    needs: ["lua"],
    label: "nginx + Lua, two hooks, counter",
    work: "hooks",
    files: ["nginx-lua.conf"],
    command: nginx("nginx-lua.conf"),
  },
  {
    name: "nginx-njs",
    needs: ["njs"],
    label: "nginx + njs, two hooks, counter",
    work: "hooks",
    files: ["nginx-njs.conf", "nginx-njs.js"],
    command: nginx("nginx-njs.conf"),
  },
  {
    name: "haproxy-lua",
    needs: ["haproxy"],
    label: "HAProxy + Lua, two actions, counter",
    work: "hooks",
    files: ["haproxy.cfg", "haproxy.lua"],
    command: ["haproxy", "-db", "-q", "-f", "{{folder}}/haproxy.cfg"],
  },
  {
    name: "workerd",
    needs: ["npm"],
    label: "workerd, one fetch handler, counter",
    work: "hooks",
    files: ["workerd.capnp", "workerd.js"],
    command: ["{{workerd}}", "serve", "{{folder}}/workerd.capnp"],
  },
  {
    name: "fastify",
    needs: ["npm"],
    label: "@fastify/http-proxy",
    work: "forward",
    files: [],
    command: node("fastify.ts"),
  },
  { name: "pingora", label: "Pingora", work: "forward", ...pingora("forward") },
  {
    name: "pingora-hooks",
    label: "Pingora, two filters, counter",
    work: "hooks",
    ...pingora("hooks"),
  },
  {
    name: "relay",
    label: "a bare relay of Node's sockets",
    work: "forward",
    files: [],
    command: node("relay.ts"),
  },
  {
    name: "tapped-relay",
    label: "the same past Node's streams",
    work: "forward",
    files: [],
    command: node("tapped-relay.ts"),
  },
  {
    name: "node-http",
    label: "node:http + undici dispatch",
    work: "forward",
    files: [],
    command: node("node-http.ts"),
  },
  {
    name: "socket-undici",
    label: "Sluice's head parser on sockets + undici dispatch",
    work: "forward",
    files: [],
    command: node("socket-undici.ts"),
  },
  {
    name: "sluice",
    label: "Sluice",
    work: "forward",
    files: ["sluice.yaml"],
    command: sluice("sluice.yaml"),
  },
  {
    name: "sluice-script",
    label: "Sluice, two hooks, counter",
    work: "hooks",
    files: ["sluice-script.yaml", "sluice-script.ts"],
    command: sluice("sluice-script.yaml"),
  },
  {
    name: "sluice-cell",
    label: "Sluice, two hooks, counter, in a cell on the same core",
    work: "hooks",
    files: ["sluice-cell.yaml", "sluice-script.ts"],
    command: sluice("sluice-cell.yaml"),
  },
  {
    name: "sluice-limit",
    label: "Sluice, rate limit",
    work: "forward",
    ...guard("sluice-limit.ts"),
  },
  {
    name: "sluice-cell-limit",
    label: "Sluice, rate limit, in a cell on the same core",
    work: "forward",
    ...guard("sluice-limit.ts", "process"),
  },
  {
    name: "sluice-token",
    label: "Sluice, JWT (RS256), the key kept",
    work: "token",
    headers: BEARER,
    ...guard("sluice-jwt.ts"),
  },
  {
    name: "nginx-njs-token",
    label: "nginx + njs, JWT (RS256), the key imported for each request",
    work: "token",
    headers: BEARER,
    ...njsGuard("guard"),
  },
  {
    name: "sluice-fetch",
    label: "Sluice, fetch of 1 KiB JSON",
    work: "fetch",
    ...guard("sluice-fetch.ts"),
  },
  {
    name: "nginx-njs-fetch",
    label: "nginx + njs, ngx.fetch of 1 KiB JSON",
    work: "fetch",
    ...njsGuard("aggregate"),
  },
];

/** The origin starts like a contestant, but on the client's core, and nobody measures it. */
export const ORIGIN: Contestant = {
  name: "origin",
  label: "origin",
  work: "forward",
  files: ["origin.conf"],
  command: nginx("origin.conf"),
};

/** The body of the origin's answer; origin.conf says the same. */
export const ORIGIN_BODY = "hello from origin 1\n";

const ITEMS = 16;

/** What the origin has at /json: 1 KiB. */
export const ORIGIN_JSON = JSON.stringify({
  items: Array.from({ length: ITEMS }, (_, i) => ({ id: 1_000 + i, name: "x".repeat(41) })),
});

/** What is made of it. */
export const FETCHED_BODY = JSON.stringify({ items: ITEMS });
