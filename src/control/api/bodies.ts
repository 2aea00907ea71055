// Bounds how many bytes of request bodies are held at once. A call holds as many as its route may
// take, from before the body is read until the call is answered. Otherwise the owner of one
// tenant's token could fill the memory of all with uploads side by side.

import { LIMITS } from "../../base/limits.ts";
import { ApiError } from "./problem.ts";

export class Bodies {
  /** Bytes by whose they are. */
  readonly #held = new Map<string, number>();
  #bytes = 0;

  /**
   * Throws ApiError if there is no room. The first of each owner always has some, so that nobody
   * waits for others who upload.
   */
  take(owner: string, bytes: number): Disposable {
    const before = this.#held.get(owner) ?? 0;
    const { apiOwnerBodyBytes, apiBodiesBytes } = LIMITS;
    if (before + bytes > apiOwnerBodyBytes) {
      throw busy("as many calls with a body as there may be at once");
    }
    if (before > 0 && this.#bytes + bytes > apiBodiesBytes) {
      throw busy("one call at a time while so many are under way");
    }
    this.#held.set(owner, before + bytes);
    this.#bytes += bytes;
    return { [Symbol.dispose]: () => this.#giveBack(owner, bytes) };
  }

  #giveBack(owner: string, bytes: number): void {
    const left = (this.#held.get(owner) ?? 0) - bytes;
    if (left > 0) this.#held.set(owner, left);
    else this.#held.delete(owner);
    this.#bytes -= bytes;
  }
}

const busy = (expected: string): ApiError =>
  new ApiError(429, `Expected ${expected}, got one more.`, { headers: { "Retry-After": "1" } });
