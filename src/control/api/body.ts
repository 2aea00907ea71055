// A request's body, read whole within its limit.

import { ApiError } from "./problem.ts";

/** Throws an ApiError if it is larger, or breaks off. */
export async function readBody(request: Request, bytesMax: number): Promise<Uint8Array> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > bytesMax) throw tooLarge(bytesMax);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      chunks.push(chunk);
    }
  } catch (thrown) {
    if (thrown instanceof ApiError) throw thrown;
    throw new ApiError(400, "Cannot read the body: it broke off", { cause: thrown });
  }
  return Buffer.concat(chunks, bytes);
}

/** Throws an ApiError unless the body is said to be JSON. */
export function expectJson(headers: Headers): void {
  const type = headers.get("content-type") ?? "";
  if (/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type)) return;
  const got = type === "" ? "none" : JSON.stringify(type.slice(0, 60));
  throw new ApiError(415, `Expected Content-Type: application/json, got ${got}`, {
    headers: { Accept: "application/json" },
  });
}

// The adapter passes over what is left of the body, for a while, so that the client hears of this.
const tooLarge = (bytesMax: number): ApiError =>
  new ApiError(413, `Expected a body of at most ${bytesMax} bytes, got more`);
