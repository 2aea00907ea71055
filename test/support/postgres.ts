// A PostgreSQL of Debian's package for one test file: in a folder of its own, on a port of its own,
// run by a user that is not root, and gone with the file.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync } from "node:fs";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";
import type { Certificate } from "./certificates.ts";
import { installed, isUnderWay } from "./debian.ts";
import { freePort } from "./free-port.ts";
import { type User, unprivileged } from "./unprivileged.ts";

const run = promisify(execFile);

const PACKAGE = "postgresql-15";
const VERSIONS = "/usr/lib/postgresql";
/** A start takes a second; a busy machine may need much longer. */
const START_MS_MAX = 120_000;
/** For its connections to end which somebody wants to be gone. */
const DISCONNECT_MS = 60_000;
/** The end of what it says, for a failure to show. */
const SAID_CHARS = 2_000;

/** A test's server: what a loss of power would lose, it may lose; what a kill would, it may not. */
const SETTINGS = {
  ...{ fsync: "off", full_page_writes: "off" },
  ...{ listen_addresses: "127.0.0.1", max_connections: "60", shared_buffers: "16MB" },
  ...{ autovacuum: "off", unix_socket_directories: "" },
};

/** For a test's `skip`: false if a PostgreSQL can be started. */
export async function missingPostgres(): Promise<string | false> {
  if (programs() !== null && !(await isUnderWay(PACKAGE))) return false;
  if ((await installed(PACKAGE)) && programs() !== null) return false;
  return `PostgreSQL is not there, and Debian's package ${PACKAGE} cannot be installed`;
}

/** The folder of the newest version's programs. Its clients alone may be there, too. */
function programs(): string | null {
  if (!existsSync(VERSIONS)) return null;
  const newest = readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a));
  const folders = newest.map((version) => join(VERSIONS, version, "bin"));
  return folders.find((folder) => existsSync(join(folder, "initdb"))) ?? null;
}

export class Postgres implements AsyncDisposable {
  readonly #folder: string;
  readonly #port: number;
  readonly #user: User;
  #ended: Promise<unknown> = Promise.resolve();
  /** 0: it does not run, and its number may be another's. */
  #pid = 0;
  #databases = 0;

  private constructor(folder: string, port: number, user: User) {
    this.#folder = folder;
    this.#port = port;
    this.#user = user;
  }

  static async start(): Promise<Postgres> {
    const server = await Postgres.#new();
    const args = ["-U", "owner", "-A", "trust", "-N", "--no-sync", "--no-instructions"];
    await server.#run("initdb", ["-D", server.#data, ...args]);
    await server.resume();
    return server;
  }

  static async #new(): Promise<Postgres> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-postgres-"));
    const user = await unprivileged("postgres");
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid ?? user.uid);
    return new Postgres(folder, await freePort(), user);
  }

  /**
   * One that follows it, and that each commit waits for from now on, unless it is async.
   * @param port  of a line that leads here, if it does not follow directly
   */
  async standby({ isAsync = false, port = this.#port } = {}): Promise<Postgres> {
    const standby = await Postgres.#new();
    const from = ["-h", "127.0.0.1", "-p", String(port), "-U", "owner", "-N"];
    await this.#run("pg_basebackup", [...from, "-R", "-c", "fast", "-D", standby.#data]);
    await standby.resume();
    if (!isAsync) await this.#set("synchronous_standby_names", "*");
    return standby;
  }

  /** Of a standby: it takes changes from now on. */
  async promote(): Promise<void> {
    await this.sql("postgres", "SELECT pg_promote()");
  }

  get port(): number {
    return this.#port;
  }

  get #data(): string {
    return join(this.#folder, "data");
  }

  /** What it says. */
  get #log(): string {
    return join(this.#folder, "log");
  }

  #run(program: string, args: readonly string[]): Promise<unknown> {
    return run(join(programs() ?? "", program), args, { ...this.#user, cwd: this.#folder });
  }

  /** After `kill`, too: with what it had. */
  async resume(): Promise<void> {
    const settings = Object.entries({ ...SETTINGS, port: String(this.#port) });
    const args = settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const program = join(programs() ?? "", "postgres");
    const log = await open(this.#log, "a");
    const child = spawn(program, ["-D", this.#data, ...args], {
      ...{ ...this.#user, cwd: this.#folder },
      stdio: ["ignore", log.fd, log.fd],
    });
    this.#pid = child.pid ?? 0;
    this.#ended = once(child, "exit").then(() => {
      this.#pid = 0;
    });
    await log.close();
    await this.#answers(child);
  }

  /** A new one, empty. */
  async database(template = "template1"): Promise<string> {
    const name = `d${++this.#databases}`;
    await this.sql("postgres", `CREATE DATABASE ${name} TEMPLATE ${template}`);
    return name;
  }

  /** As a dump of it, restored under the new name. */
  async copy(database: string, to: string): Promise<void> {
    await this.#disconnect(database);
    await this.sql("postgres", `CREATE DATABASE ${to} TEMPLATE ${database}`);
    await this.sql("postgres", `ALTER DATABASE ${database} ALLOW_CONNECTIONS true`);
  }

  /** The copy takes its place: what was changed since is lost. */
  async restore(database: string, copy: string): Promise<void> {
    await this.#disconnect(database);
    await this.sql("postgres", `DROP DATABASE ${database}`);
    await this.sql("postgres", `ALTER DATABASE ${copy} RENAME TO ${database}`);
  }

  async #disconnect(database: string): Promise<void> {
    await this.sql("postgres", `ALTER DATABASE ${database} ALLOW_CONNECTIONS false`);
    const of = `FROM pg_stat_activity WHERE datname = '${database}'`;
    await this.sql("postgres", `SELECT count(pg_terminate_backend(pid, ${DISCONNECT_MS})) ${of}`);
  }

  /** From now on it encrypts, for whoever asks. */
  async serveTls({ cert, key }: Pick<Certificate, "cert" | "key">): Promise<void> {
    const { uid, gid } = this.#user;
    for (const [name, text] of Object.entries({ "server.crt": cert, "server.key": key })) {
      const path = join(this.#data, name);
      await writeFile(path, text, { mode: 0o600 });
      if (uid !== undefined) chownSync(path, uid, gid ?? uid);
    }
    await this.#set("ssl", "on");
  }

  /** Resolves when new connections have it. */
  async #set(name: string, value: string): Promise<void> {
    await this.sql("postgres", `ALTER SYSTEM SET ${name} = '${value}'`);
    const before = await this.sql("postgres", "SELECT pg_conf_load_time()::text");
    await this.sql("postgres", "SELECT pg_reload_conf()");
    while ((await this.sql("postgres", "SELECT pg_conf_load_time()::text")) === before)
      await sleep(20);
  }

  url(database: string, user = "owner"): string {
    return `postgres://${user}@127.0.0.1:${this.#port}/${database}`;
  }

  /** The first value of the answer; empty: there is none. */
  async sql(database: string, sql: string): Promise<string> {
    const client = new Client({ connectionString: this.url(database) });
    try {
      await client.connect();
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return String(Object.values(rows[0] ?? {})[0] ?? "");
    } finally {
      await client.end();
    }
  }

  /** Of all of its processes: SIGSTOP and SIGCONT. */
  async signal(signal: "SIGSTOP" | "SIGCONT"): Promise<void> {
    const parent = this.#pid;
    if (parent === 0) return;
    // it comes first: one that is stopped starts no others behind our back
    send(parent, signal);
    // each connection has a process, in a session of its own
    const { stdout } = await run("ps", ["--ppid", String(parent), "-o", "pid="]);
    for (const pid of stdout.trim().split(/\s+/).map(Number)) send(pid, signal);
  }

  /** Every connection breaks at once, and what was acknowledged is there afterwards. */
  async kill(): Promise<void> {
    send(this.#pid, "SIGQUIT");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // it may have ended: then there is nothing to list
    await this.signal("SIGCONT").catch(() => undefined);
    send(this.#pid, "SIGQUIT");
    await this.#ended;
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #answers(child: ChildProcess): Promise<void> {
    const untilMs = performance.now() + START_MS_MAX;
    for (;;) {
      try {
        return void (await this.sql("postgres", "SELECT 1"));
      } catch (cause) {
        const ending = child.exitCode ?? child.signalCode;
        if (ending === null && performance.now() <= untilMs) await sleep(100);
        else {
          const said = (await readFile(this.#log, "utf8")).slice(-SAID_CHARS);
          const state = ending ?? "it runs";
          throw new Error(`PostgreSQL does not answer (${state}): ${said}`, { cause });
        }
      }
    }
  }
}

/** A process of a connection may end at any time. */
function send(pid: number, signal: NodeJS.Signals): void {
  // 0 would be every process of this group
  if (!(pid > 0)) return;
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}
