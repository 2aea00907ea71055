// Debian's pebble, an authority that issues certificates by ACME to whoever tests a client, and its
// DNS server, by which every name is this machine. Both listen on 127.0.0.1 alone.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority } from "./authority.ts";
import { freePort } from "./free-port.ts";
import { kill } from "./kill.ts";
import { untilOpen } from "./open-port.ts";

/** The end of what they say, for a failure to show. */
const SAID_CHARS = 2_000;

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
    const [port, admin] = [await freePort(), await freePort()];
    const [dns, told] = [await freePort(), await freePort()];
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
    const own = ["-config", join(folder, "pebble.json"), "-dnsserver", `127.0.0.1:${dns}`];
    const programs = [
      { child: start("pebble-challtestsrv", [...none, ...at]), listensOn: told },
      { child: start("pebble", own), listensOn: port },
    ];
    const where = {
      directory: `https://localhost:${port}/dir`,
      ca: authority.cert,
      dns: `http://127.0.0.1:${told}`,
    };
    const pebble = new Pebble(
      where,
      folder,
      programs.map(({ child }) => child),
    );
    try {
      await allListen(programs);
      return pebble;
    } catch (thrown) {
      await pebble[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { pid } of this.#children) if (pid !== undefined) kill(pid);
    await rm(this.#folder, { recursive: true, force: true });
  }
}

const start = (program: string, args: readonly string[]): ChildProcess =>
  spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    // it waits up to 15 s before it looks, if nobody says no; and refuses so many nonces in 100,
    // after which a client asks again up to five times: six in a row are one in 64 million
    env: { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "5" },
  });

interface Program {
  readonly child: ChildProcess;
  readonly listensOn: number;
}

/** Whatever they say of that, they say before it is so. */
async function allListen(programs: readonly Program[]): Promise<void> {
  let said = "";
  for (const { child } of programs) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-SAID_CHARS);
      });
    }
  }
  for (const { child, listensOn } of programs) await untilOpen(listensOn, child, () => said);
}
