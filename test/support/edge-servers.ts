// nginx and HAProxy for a test, each with a configuration of its own in a folder of its own. They
// are ready when their ports take connections.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untilOpen } from "./open-port.ts";

export interface ServerPlan {
  /** On 127.0.0.1. */
  readonly ports: readonly number[];
  readonly files?: Readonly<Record<string, string>>;
}

/** @param http  what stands in the http block; files are named relative to it */
export function startNginx(http: string, plan: ServerPlan): Promise<EdgeServer> {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const paths = temporary.map((name) => `${name}_temp_path ${name};`).join(" ");
  const text = `daemon off; master_process off; pid nginx.pid; error_log stderr;
events { worker_connections 8192; }
http { access_log off; ${paths} ${http} }`;
  const files = { "nginx.conf": text, ...plan.files };
  const args = (folder: string) => ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")];
  return EdgeServer.start("nginx", args, { ...plan, files });
}

/** @param text  what stands behind the defaults: frontends, backends */
export function startHaproxy(text: string, plan: ServerPlan): Promise<EdgeServer> {
  const defaults = `defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
`;
  const files = { "haproxy.cfg": `${defaults}${text}`, ...plan.files };
  const args = (folder: string) => ["-db", "-f", join(folder, "haproxy.cfg")];
  return EdgeServer.start("haproxy", args, { ...plan, files });
}

export class EdgeServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child;
    this.#folder = folder;
  }

  static async start(
    program: string,
    argsOf: (folder: string) => string[],
    { ports, files = {} }: ServerPlan,
  ): Promise<EdgeServer> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-edge-"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const child = spawn(program, argsOf(folder), {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (text) => {
      said += text;
    });
    const server = new EdgeServer(child, folder);
    try {
      for (const port of ports) await untilOpen(port, child, () => said);
      return server;
    } catch (thrown) {
      await server[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill("SIGKILL");
      await once(this.#child, "exit");
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
