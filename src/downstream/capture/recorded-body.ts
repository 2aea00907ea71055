// A body that passes by, noted: its beginning, its length and its sum.

import { createHash, type Hash } from "node:crypto";
import { CAPTURE_LIMITS } from "../../base/capture-limits.ts";
import type { BodyRecord } from "../../observe/capture/record.ts";

export class RecordedBody {
  readonly #hash: Hash = createHash("sha256");
  readonly #kept: Buffer[] = [];
  readonly #chunks: number[] = [];
  #keptBytes = 0;
  #bytes = 0;

  /** Copied: the chunk is somebody else's. */
  add(chunk: Buffer | string | null): void {
    if (chunk === null) return;
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk;
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes <= CAPTURE_LIMITS.bodyBytes) this.#chunks.push(bytes.length);
    const room = CAPTURE_LIMITS.bodyBytes - this.#keptBytes;
    if (room <= 0) return;
    const kept = Buffer.from(bytes.subarray(0, room));
    this.#keptBytes += kept.length;
    this.#kept.push(kept);
  }

  /** All of it is here. */
  get isWhole(): boolean {
    return this.#bytes === this.#keptBytes;
  }

  record(): BodyRecord {
    const base64 = Buffer.concat(this.#kept).toString("base64");
    const sha256 = this.#hash.copy().digest("hex");
    const chunks = this.isWhole ? this.#chunks : [];
    return { base64, bytes: this.#bytes, sha256, chunks };
  }
}
