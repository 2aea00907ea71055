// deploy/compose.yaml without containers: what it starts, started here, with the commands, files
// and environments that it names. Where a container has a name and a port of its own, there is a
// port of this machine.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import * as z from "zod";
import { sluice } from "../cli/fake-admin.ts";
import { EdgeServer } from "../support/edge-servers.ts";
import { freePort } from "../support/free-port.ts";
import { Postgres } from "../support/postgres.ts";
import { run } from "../support/program.ts";
import { type ProxyOptions, TestProxy } from "./proxy.ts";

const FILE = fileURLToPath(new URL("../../deploy/compose.yaml", import.meta.url));

const SERVICE = z.object({
  command: z.array(z.string()).default([]),
  hostname: z.string().default(""),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
});
type Service = z.output<typeof SERVICE>;

/** What whoever starts it has set. */
const GIVEN: Readonly<Record<string, string>> = {
  SLUICE_ADMIN_TOKEN: "the-token-of-tests-1",
  SLUICE_SECRETS_KEY: Buffer.alloc(32, 1).toString("base64"),
  SLUICE_OWNER_PASSWORD: "owned",
  SLUICE_DB_PASSWORD: "used",
};

export class Composed implements AsyncDisposable {
  readonly proxies: TestProxy[] = [];
  /** Where clients ask. */
  port = 0;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #db: Postgres;
  #balancer: EdgeServer | null = null;

  private constructor(services: ReadonlyMap<string, Service>, db: Postgres) {
    this.#services = services;
    this.#db = db;
  }

  static async start(): Promise<Composed> {
    const text = readFileSync(FILE, "utf8").replaceAll(/\$\{(\w+):\?\}/g, (_, name: string) => {
      const value = GIVEN[name];
      assert.ok(value !== undefined, `${name} is said to be set`);
      return value;
    });
    const { services } = z
      .object({ services: z.record(z.string(), SERVICE) })
      .parse(parse(text, { merge: true }));
    const composed = new Composed(new Map(Object.entries(services)), await Postgres.start());
    try {
      await composed.#makeDatabase();
      for (const name of composed.#edges) {
        composed.proxies.push(await TestProxy.start(composed.#edge(name)));
      }
      await composed.#balance();
      return composed;
    } catch (thrown) {
      await composed[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  get #edges(): string[] {
    return [...this.#services.keys()].filter((name) => name.startsWith("edge-"));
  }

  /** As PostgreSQL's image does with a new volume, and then what makes the tables. */
  async #makeDatabase(): Promise<void> {
    const { environment, volumes } = this.#service("db");
    const { POSTGRES_USER: owner, POSTGRES_DB: database } = environment;
    await this.#db.sql("postgres", `CREATE ROLE ${owner} SUPERUSER LOGIN`);
    await this.#db.sql("postgres", `CREATE DATABASE ${database} OWNER ${owner}`);
    const place = { PGHOST: "127.0.0.1", PGPORT: String(this.#db.port) };
    const script = mounted(volumes, "/docker-entrypoint-initdb.d/roles.sh");
    const made = await run("sh", [script], { env: { ...environment, ...place } });
    assert.equal(made.status, 0, made.stderr);
    const migrate = this.#service("migrate");
    const args = migrate.command.map((word) => this.#here(word));
    const migrated = await sluice(args, { env: migrate.environment });
    assert.equal(migrated.status, 0, migrated.stderr);
  }

  /** The database, by its name in the file. */
  #here(text: string): string {
    return text.replace("@db/", `@127.0.0.1:${this.#db.port}/`);
  }

  #edge(name: string): ProxyOptions {
    const { command, environment, volumes, hostname } = this.#service(name);
    const [verb, flag, path = ""] = command;
    assert.deepEqual([verb, flag], ["serve", "--config"]);
    const text = readFileSync(mounted(volumes, path), "utf8");
    const config = z.record(z.string(), z.unknown()).parse(parse(this.#here(text)));
    const node = z.record(z.string(), z.string()).parse(config.node);
    assert.ok(
      volumes.some((volume) => volume.endsWith(`:${node.data}`)),
      "it stays",
    );
    const here = {
      listeners: [{ address: "127.0.0.1:0" }],
      admin: { address: "127.0.0.1:0" },
      trustedProxies: ["127.0.0.1"],
      workers: 1,
      // a container's machine has its name
      node: { name: hostname },
    };
    return { config: { ...config, ...here }, env: environment };
  }

  async #balance(): Promise<void> {
    const { command, volumes } = this.#service("balancer");
    const [program = "", ...args] = command;
    const path = args.at(-1) ?? "";
    this.port = await freePort();
    let text = readFileSync(mounted(volumes, path), "utf8");
    text = text.replace("bind :8080", `bind 127.0.0.1:${this.port}`);
    for (const [i, name] of this.#edges.entries()) {
      const { port, admin } = this.proxies[i] ?? { port: 0, admin: "" };
      const there = `server ${name} 127.0.0.1:${port} port ${new URL(admin).port}`;
      const named = text.replace(`server ${name} ${name}:8080`, there);
      assert.notEqual(named, text, `HAProxy knows ${name}`);
      text = named;
    }
    const files = { "haproxy.cfg": text };
    const argsOf = (folder: string) => [...args.slice(0, -1), join(folder, "haproxy.cfg")];
    this.#balancer = await EdgeServer.start(program, argsOf, { ports: [this.port], files });
  }

  #service(name: string): Service {
    const service = this.#services.get(name);
    assert.ok(service !== undefined, `there is a service ${name}`);
    return service;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#balancer?.[Symbol.asyncDispose]();
    for (const one of [...this.proxies, this.#db]) await one[Symbol.asyncDispose]();
  }
}

/** The file of ours that a container sees there. */
function mounted(volumes: readonly string[], target: string): string {
  const volume = volumes.find((one) => one.split(":")[1] === target);
  assert.ok(volume !== undefined, `something is mounted at ${target}`);
  return join(dirname(FILE), volume.split(":")[0] ?? "");
}
