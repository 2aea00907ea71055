// Server-sent events out of a stream of bytes: name, data, and the time after which to come again.

import { LIMITS } from "../../base/limits.ts";

export interface StreamEvent {
  /** `message`, if it has none. */
  readonly name: string;
  readonly data: string;
  /** Last heard of; null: never. */
  readonly retryMs: number | null;
}

/** Comments are passed over. Throws if an event is longer than any of ours. */
export async function* eventsOf(stream: AsyncIterable<Buffer>): AsyncGenerator<StreamEvent, void> {
  const decoder = new TextDecoder();
  let pending = "";
  let retryMs: number | null = null;
  for await (const chunk of stream) {
    const blocks = (pending + decoder.decode(chunk, { stream: true })).split("\n\n");
    pending = blocks.pop() ?? "";
    if (pending.length > LIMITS.tailWindowChars) {
      throw new Error("Cannot read the stream: expected server-sent events, got something else");
    }
    for (const block of blocks) {
      const fields = fieldsOf(block);
      const retry = Number(fields.get("retry") ?? Number.NaN);
      if (Number.isInteger(retry)) retryMs = retry;
      const data = fields.get("data");
      if (data !== undefined) yield { name: fields.get("event") ?? "message", data, retryMs };
    }
  }
}

/** `event: log` and `data: {…}`: ours have one line of each. */
const fieldsOf = (block: string): ReadonlyMap<string, string> =>
  new Map(
    block.split("\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
    }),
  );
