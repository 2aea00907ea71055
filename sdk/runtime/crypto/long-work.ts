// What takes longer than a hook may hold up its thread: the host does it beside, and the request
// pays for the time all the same.

import { arrayPush, stringIndexOf, stringSlice, typedArrayLength } from "../primordials.ts";
import { ask, current, limits } from "../shared.ts";
import { joinBytes } from "../web/join-bytes.ts";
import type { Bytes } from "./algorithm.ts";
import { operationError } from "./fault.ts";

const NativePromise = Promise;
const { ceil } = Math;
const toNumber = Number;

export interface LongWork {
  readonly name: string;
  /** ASK of src/wire/asks.ts. */
  readonly kind: number;
  readonly words: readonly (string | number)[];
  readonly parts: readonly Uint8Array[];
  /** Processor time that it will take at least. */
  readonly ms: number;
}

export interface LongResult {
  readonly bytes: Bytes;
  readonly words: readonly string[];
}

export function longWork({ name, kind, words, parts, ms }: LongWork): Promise<LongResult> {
  const call = current();
  if (call !== null && call.cpuMs + ms > limits.requestCpuMs) {
    const left = `${name}: it takes ${ceil(ms)} ms of processor, and the request has used`;
    throw operationError(`${left} ${call.cpuMs} of ${limits.requestCpuMs} (limits.requestCpuMs)`);
  }
  let text = "";
  for (let i = 0; i < words.length; i++) text += `${words[i]}|`;
  let length = 0;
  for (let i = 0; i < parts.length; i++) {
    const size = typedArrayLength(parts[i]);
    text += `${size}|`;
    length += size;
  }
  return new NativePromise<LongResult>((resolve, reject) => {
    ask(
      call,
      { name, kind, text, bytes: joinBytes(parts, length) },
      {
        settle({ ok, text: answer, bytes }) {
          const said = cutWords(answer);
          if (call !== null) call.cpuMs += toNumber(said[0]) || 0;
          if (ok) resolve({ bytes, words: said });
          else reject(operationError(`${name}: ${said[1] ?? "it failed"}`));
        },
        abort: reject,
      },
    );
  });
}

/** The words before bars. */
function cutWords(text: string): string[] {
  const words: string[] = [];
  let from = 0;
  for (let at = stringIndexOf(text, "|"); at !== -1; at = stringIndexOf(text, "|", from)) {
    arrayPush(words, stringSlice(text, from, at));
    from = at + 1;
  }
  return words;
}
