// A proxy with a store, whose handover takes as long as a test wants it to.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { WITH_TOKEN } from "./control.ts";
import { oneTenant, type ProxyOptions, TestProxy } from "./proxy.ts";

const PRELOAD = new URL("./held-successor.mjs", import.meta.url).href;

export class HandoverStand implements AsyncDisposable {
  readonly proxy: TestProxy;
  readonly #options: ProxyOptions;
  readonly #folder: string;

  private constructor(proxy: TestProxy, options: ProxyOptions, folder: string) {
    this.proxy = proxy;
    this.#options = options;
    this.#folder = folder;
  }

  static async start(
    origin: string,
    { files = {}, config = {} }: Partial<ProxyOptions> = {},
  ): Promise<HandoverStand> {
    const folder = mkdtempSync(join(tmpdir(), "sluice-held-"));
    const tenant = Object.keys(files).length > 0 ? { script: "main.ts" } : {};
    const options = {
      files,
      config: { ...oneTenant({ origin: [origin] }, tenant), store: "sqlite:./s.db", ...config },
      env: { ...WITH_TOKEN, HOLD_SUCCESSOR: join(folder, "go") },
      nodeArgs: ["--import", PRELOAD],
      folder,
    };
    return new HandoverStand(await TestProxy.start(options), options, folder);
  }

  /** Another proxy, with what both have left. */
  startAgain(): Promise<TestProxy> {
    return TestProxy.start(this.#options);
  }

  /** Resolves when the successor is being started, and waits. */
  async begin(): Promise<void> {
    this.proxy.signal("SIGUSR2");
    await this.proxy.waitFor(({ msg }) => msg === "handing over: a successor is being started");
  }

  letSuccessorStart(): void {
    writeFileSync(join(this.#folder, "go"), "");
  }

  /** Exit status of the successor, once it has ended. */
  async successorStatus(): Promise<string> {
    const file = join(this.#folder, "go.status");
    while (!existsSync(file)) await wait(10);
    return readFileSync(file, "utf8");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.letSuccessorStart();
    await this.proxy[Symbol.asyncDispose]();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
