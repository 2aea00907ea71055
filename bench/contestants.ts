// The proxies that are measured, as one table: what each does, which files it needs, how it starts.
// Files and commands are templates (template.ts). Every one runs one worker.

/** What a contestant does with a request, and so what check.ts demands of it. */
export type Work = "forward" | "hooks" | "hooks without counter";

export interface Contestant {
  readonly name: string;
  readonly label: string;
  readonly work: Work;
  /** Templates of bench/peers that are rendered into the contestant's own folder. */
  readonly files: readonly string[];
  readonly command: readonly string[];
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
    label: "nginx + Lua, two hooks, counter",
    work: "hooks",
    files: ["nginx-lua.conf"],
    command: nginx("nginx-lua.conf"),
  },
  {
    name: "nginx-njs",
    label: "nginx + njs, two hooks, counter",
    work: "hooks",
    files: ["nginx-njs.conf", "nginx-njs.js"],
    command: nginx("nginx-njs.conf"),
  },
  {
    name: "haproxy-lua",
    label: "HAProxy + Lua, two actions, counter",
    work: "hooks",
    files: ["haproxy.cfg", "haproxy.lua"],
    command: ["haproxy", "-db", "-q", "-f", "{{folder}}/haproxy.cfg"],
  },
  {
    name: "workerd",
    label: "workerd, one fetch handler, counter",
    work: "hooks",
    files: ["workerd.capnp", "workerd.js"],
    command: ["{{workerd}}", "serve", "{{folder}}/workerd.capnp"],
  },
  {
    name: "fastify",
    label: "@fastify/http-proxy",
    work: "forward",
    files: [],
    command: node("fastify.ts"),
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
