// The proxy that the fuzzer of changes works on: its file, its store on a small disk, its end in
// every way, and the next one after it.

import { mkdtempSync, rmSync, unlinkSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { KEY } from "../control/store-stand.ts";
import { WITH_TOKEN } from "../life/control.ts";
import { TestProxy } from "../life/proxy.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import type { FileModel } from "./change-model.ts";
import { changeScript } from "./change-script.ts";

const DISK_MIB = 24;

type Disk = ReturnType<typeof smallDisk>;

/** Which tenant's scripts run where. */
export const laneOf = (tenant: string): "inline" | "process" =>
  tenant === "b" || tenant === "g" ? "process" : "inline";

export const settingsOf = (tenant: string, hosts: readonly string[], origin: string) => ({
  hosts,
  isolation: laneOf(tenant),
  upstreams: { origin: { peers: [origin] } },
  defaultUpstream: "origin",
  breaker: { failurePercent: 100, minRequests: 1_000_000 },
  rollback: { minRequests: 5, errorPercent: 20, windowMs: 600_000 },
  // a hook that a busy machine ends is run again, and counts twice
  limits: { hookMs: 5_000, requestCpuMs: 60_000 },
});

/** Of an answer to a call; null: it was lost. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export class ChangeStand implements AsyncDisposable {
  proxy: TestProxy;
  readonly disk: Disk;
  readonly #folder: string;
  readonly #origin: string;
  /** What the file says now. */
  #file: FileModel;

  private constructor(
    proxy: TestProxy,
    kept: { readonly disk: Disk; readonly folder: string; readonly origin: string },
    file: FileModel,
  ) {
    this.proxy = proxy;
    this.disk = kept.disk;
    this.#folder = kept.folder;
    this.#origin = kept.origin;
    this.#file = file;
  }

  static async start(origin: string, file: FileModel): Promise<ChangeStand> {
    const disk = smallDisk(DISK_MIB);
    const folder = mkdtempSync(join(tmpdir(), "sluice-changes-"));
    const kept = { disk, folder, origin };
    return new ChangeStand(await begin(kept, file), kept, file);
  }

  get origin(): string {
    return this.#origin;
  }

  /** The file says this; nothing reads it yet. */
  async write(file: FileModel, rest: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.#file = file;
    for (const [name, text] of Object.entries(filesOf(file))) await this.proxy.write(name, text);
    const config = configOf(file, { ...this.#kept, ...rest });
    await this.proxy.configure({ ...config, ...rest });
  }

  /** The file in one piece, whatever it is. */
  writeText(text: string): Promise<void> {
    return this.proxy.write("sluice.yaml", text);
  }

  /** A script of the file. */
  writeScript(tenant: string, text: string): Promise<void> {
    return this.proxy.write(`${tenant}.ts`, text);
  }

  /** Not a byte is left while this runs. Without a disk of its own nothing is full. */
  async onFullDisk<T>(run: () => Promise<T>): Promise<T> {
    if (this.disk === null) return await run();
    const filler = join(this.disk.folder, "filler");
    fill(filler);
    try {
      return await run();
    } finally {
      unlinkSync(filler);
    }
  }

  /** Kills all of it. */
  async kill(): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
  }

  /** Another one, with what is left. */
  async startAgain(): Promise<void> {
    this.proxy = await begin(this.#kept, this.#file);
  }

  get #kept() {
    return { disk: this.disk, folder: this.#folder, origin: this.#origin };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
    this.disk?.[Symbol.dispose]();
  }
}

interface Kept {
  readonly disk: Disk;
  readonly folder: string;
  readonly origin: string;
}

const begin = (kept: Kept, file: FileModel): Promise<TestProxy> =>
  TestProxy.start({
    folder: kept.folder,
    files: filesOf(file),
    config: configOf(file, kept),
    env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
  });

const filesOf = (file: FileModel): Record<string, string> =>
  Object.fromEntries(
    Object.entries(file).map(([name, { tag }]) => [`${name}.ts`, changeScript(tag)]),
  );

function configOf(file: FileModel, { disk, folder, origin }: Kept) {
  const tenants = Object.entries(file).map(([name, { hosts }]) => {
    return [name, { ...settingsOf(name, hosts, origin), script: `${name}.ts` }];
  });
  const store = `sqlite:${join(disk?.folder ?? folder, "sluice.db")}`;
  return { workers: 2, store, tenants: Object.fromEntries(tenants) };
}

/** A client's request, from one of many addresses. */
export function ask(
  proxy: TestProxy,
  host: string,
  { from = 1, headers = {} }: { readonly from?: number; readonly headers?: object } = {},
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({
      ...{ host: "127.0.0.1", port: proxy.port, agent: false },
      localAddress: `127.0.0.${from}`,
      headers: { host, connection: "close", ...headers },
    });
    sent.once("error", reject).once("response", (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    sent.end();
  });
}
