// `session.bodies`: how the bodies of this exchange meet their hooks, where a hook says something
// else than the script's own `bodies`.

import { HOOKS, hookIndex } from "../../src/wire/phases.ts";
import { BODY_SIDE, OUT, PASSED_BODY } from "../../src/wire/records.ts";
import type { BodyMode } from "../types.ts";
import type { Call } from "./current.ts";
import { countEdit, LAST_RESPONSE_HOOK } from "./lines.ts";
import type { Parts } from "./parts.ts";
import { out } from "./port.ts";
import { mathMin } from "./primordials.ts";
import { bodyBytes, scriptBodies } from "./script.ts";

const LAST_REQUEST_HOOK = hookIndex("upstreamRequestFilter");
const WORD_MAX = 0x7fff_ffff;

export class SessionBodies {
  readonly #call: Call;
  readonly #parts: Parts;

  constructor(call: Call, parts: Parts) {
    this.#call = call;
    this.#parts = parts;
  }

  get request(): BodyMode | "pass" {
    return asMode((this.#parts.bodies ?? scriptBodies()).request);
  }

  set request(mode: unknown) {
    this.#say("request", mode);
  }

  get response(): BodyMode | "pass" {
    return asMode((this.#parts.bodies ?? scriptBodies()).response);
  }

  set response(mode: unknown) {
    this.#say("response", mode);
  }

  #say(side: "request" | "response", mode: unknown): void {
    const { hook, isLive, id } = this.#call;
    const last = side === "request" ? LAST_REQUEST_HOOK : LAST_RESPONSE_HOOK;
    if (hook > last) {
      const until = `session.bodies.${side} can be set up to ${HOOKS[last]}`;
      throw new TypeError(`${until}, and not in ${HOOKS[hook]}`);
    }
    const name = `session.bodies.${side}`;
    const bytes = mode === "pass" ? PASSED_BODY : bodyBytes(name, mode, '"pass", "stream"');
    const { request, response } = this.#parts.bodies ?? scriptBodies();
    this.#parts.bodies =
      side === "request" ? { request: bytes, response } : { request, response: bytes };
    if (!isLive) return;
    countEdit(this.#call, 0);
    out.record(OUT.BODY_MODE, id, BODY_SIDE[side], mathMin(bytes, WORD_MAX));
  }
}

function asMode(bytes: number): BodyMode | "pass" {
  if (bytes === PASSED_BODY) return "pass";
  return bytes === 0 ? "stream" : { bufferBytes: bytes };
}
