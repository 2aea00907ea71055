// Bundles uploads in a process that does nothing else, one upload after the other; tenants take it
// in rotation. One process waits for the next upload, since whoever deploys waits for it. After a
// rest the process is replaced, to give back the memory of the last uploads.

import type { BundleRefusal } from "../../control/bundle.ts";
import { BUNDLE_LIMITS } from "../../control/bundle-limits.ts";
import { sluiceExports } from "../../control/bundle-runtime.ts";
import { untried } from "../../control/deploy/deploy-error.ts";
import type { BundleUpload } from "../../control/deploy/upload.ts";
import type { Sandbox } from "../children/command.ts";
import { bundlerFiles } from "../children/files.ts";
import { TenantSlots } from "../children/tenant-slots.ts";
import { type BundlerEnd, BundlerProcess } from "./bundler-process.ts";
import type { BundleJob, BundleReply } from "./bundler-words.ts";

export class Bundler {
  readonly #sandbox: Sandbox;
  readonly #slots = new TenantSlots(1);
  #process: BundlerProcess | null = null;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(sandbox: Sandbox) {
    this.#sandbox = sandboxFor(sandbox);
  }

  /** Throws DeployError if no process lives to bundle it; what the sources contain is refused. */
  readonly bundle: BundleUpload = async (tenant, upload) => {
    const job = { upload, sluiceExports: await sluiceExports() };
    const reply = await this.#slots.run(tenant, async () => {
      const first = await this.#build(job);
      // somebody may have killed it, or the esbuild in it, and it says the same of both
      const isWorthwhile = first === "killed" || first === "crashed";
      return isWorthwhile && !this.#isClosed ? await this.#build(job) : first;
    });
    if (reply === "killed") throw untried("bundle");
    if (typeof reply === "string") return refusal(upload.entry, reply);
    return reply.ok ? { ...reply, inputs: [] } : reply;
  };

  /** Starts the process, if there is none. */
  warm(): void {
    if (!this.#isClosed) this.#running();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#process?.kill();
  }

  #renew(): void {
    this.#process?.kill();
    this.warm();
  }

  async #build(job: BundleJob): Promise<BundleReply | BundlerEnd> {
    clearTimeout(this.#idle);
    try {
      return await this.#running().build(job);
    } finally {
      this.warm();
      this.#idle = setTimeout(() => this.#renew(), BUNDLE_LIMITS.idleMs).unref();
    }
  }

  #running(): BundlerProcess {
    if (this.#process === null || this.#process.isOver) {
      this.#process = new BundlerProcess(this.#sandbox);
    }
    return this.#process;
  }
}

/** It starts esbuild's program, which the cells' filter of system calls does not let it. */
function sandboxFor({ bubblewrap, ...sandbox }: Sandbox): Sandbox {
  if (bubblewrap === null) return { bubblewrap, ...sandbox };
  return {
    ...sandbox,
    bubblewrap: { ...bubblewrap, seccomp: null },
    files: bundlerFiles(sandbox.programs),
  };
}

const { uploadBuildMs, buildBytes } = BUNDLE_LIMITS;

type Fault = Exclude<BundlerEnd, "killed">;

const REASONS: Readonly<Record<Fault, string>> = {
  crashed: "The bundler broke down on this script: is it nested very deeply?",
  late: `Bundling took more than ${uploadBuildMs} ms of processor time`,
  memory: `Bundling took more than ${buildBytes / 1_048_576} MiB of memory`,
};

const refusal = (entry: string, end: Fault): BundleRefusal => ({
  ok: false,
  errors: [{ file: entry, line: 1, column: 1, text: REASONS[end] }],
});
