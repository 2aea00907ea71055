// Debian's pebble, an authority that issues certificates by ACME to whoever tests a client, and its
// DNS server, by which every name is this machine. Both listen on 127.0.0.1 alone.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "./authority.ts";
import { freePort } from "./free-port.ts";
import { kill } from "./kill.ts";

export interface PebbleOptions {
  /** Where it looks for the answers to its challenges. */
  readonly httpPort: number;
  readonly tlsPort: number;
}

export class Pebble implements AsyncDisposable {
  /** URL. */
  readonly directory: string;
  /** PEM of who vouches for the directory. */
  readonly ca: string;
  /** Where its DNS server is told what to say. */
  readonly dns: string;
  readonly #folder: string;
  readonly #children: readonly ChildProcess[];

  private constructor(
    at: { readonly directory: string; readonly ca: string; readonly dns: string },
    folder: string,
    children: readonly ChildProcess[],
  ) {
    this.directory = at.directory;
    this.ca = at.ca;
    this.dns = at.dns;
    this.#folder = folder;
    this.#children = children;
  }

  static async start({ httpPort, tlsPort }: PebbleOptions): Promise<Pebble> {
    const folder = await mkdtemp(join(tmpdir(), "sluice-pebble-"));
    const [port, admin, dns, told] = [
      ...[await freePort(), await freePort(), await freePort(), await freePort()],
    ];
    const authority = await Authority.make();
    const { cert, key } = await authority.issue({ names: ["localhost"] });
    const config = {
      pebble: {
        ...{ listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${admin}` },
        ...{ certificate: join(folder, "own.pem"), privateKey: join(folder, "own.key") },
        ...{ httpPort, tlsPort, ocspResponderURL: "", externalAccountBindingRequired: false },
      },
    };
    await writeFile(join(folder, "own.pem"), cert);
    await writeFile(join(folder, "own.key"), key);
    await writeFile(join(folder, "pebble.json"), JSON.stringify(config));
    const none = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
    const at = ["-dns01", `127.0.0.1:${dns}`, "-management", `127.0.0.1:${told}`];
    const children = [
      start("pebble-challtestsrv", [...none, ...at]),
      start("pebble", [
        ...["-config", join(folder, "pebble.json"), "-dnsserver", `127.0.0.1:${dns}`],
      ]),
    ];
    const where = {
      directory: `https://localhost:${port}/dir`,
      ca: authority.cert,
      dns: `http://127.0.0.1:${told}`,
    };
    await Promise.all(children.map(said));
    return new Pebble(where, folder, children);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.#children) if (pid !== undefined) kill(pid);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const start = (program: string, args: readonly string[]): ChildProcess =>
  spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // it waits up to 15 s before it looks, and refuses every twentieth nonce, if nobody says no
    env: { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "20" },
  });

/** Until it says that it listens. */
async function said(child: ChildProcess): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let text = "";
  const read = (part: string): void => {
    text += part;
    if (/Listening on: |Starting management server/.test(text)) resolve();
  };
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", read);
  void once(child, "exit").then(() => reject(new Error(`it ended: ${text}`)));
  await promise;
}
