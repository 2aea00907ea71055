// Our side of oracle.test.ts: the codec driven as a connection drives it, over bytes that come in
// parts, and reported in the same words as what node:http saw.

import { SluiceError } from "../../src/base/errors.ts";
import type { BodyDecoder, BodySink } from "../../src/http1/body.ts";
import { requestBody, responseBody } from "../../src/http1/body-decoder.ts";
import { checkUnfinishedHead, findHeadEnd } from "../../src/http1/head-end.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import type { RequestHead, ResponseHead } from "../../src/http1/messages.ts";
import { parseRequestHead } from "../../src/http1/request.ts";
import { parseResponseHead } from "../../src/http1/response.ts";
import type { SeenMessage, Sight } from "./oracle-node.ts";

/** A message under way: what is seen of it grows with its body. */
class Reading implements BodySink, SeenMessage {
  readonly start: string;
  readonly framing: string;
  /** Null for a response. */
  readonly request: RequestHead | null;
  /** Of a request for an Upgrade only the start is compared: node drops what came with it. */
  readonly asksUpgrade: boolean;
  body = "";
  trailers = "";
  isComplete = false;

  constructor(start: string, text: string, head: RequestHead | ResponseHead) {
    this.start = start;
    this.framing = head.contentLength === -1 ? "chunked" : String(head.contentLength);
    this.request = "method" in head ? head : null;
    this.asksUpgrade = this.request !== null && /\nupgrade:/i.test(text);
  }

  onBody(chunk: Buffer): void {
    this.body += chunk.toString("latin1");
  }

  onBodyEnd(trailers: string): void {
    this.trailers = trailers;
    this.isComplete = true;
  }
}

/** What follows in the stream behind a head. */
interface Begun {
  readonly reading: Reading;
  readonly decoder: BodyDecoder;
  /** Whether another head may follow this message. */
  readonly goesOn: boolean;
}

export interface OurSight extends Sight {
  /** We close behind the last message: bytes behind it are nobody's. */
  readonly closes: boolean;
  readonly messages: readonly Reading[];
}

/** What we see of the bytes of one client connection, which then ends its half. */
export function seenAsRequests(parts: readonly Buffer[]): OurSight {
  return follow(parts, "request", (text) => {
    const head = parseRequestHead(text, CODEC_LIMITS);
    // An absolute target is split by us and kept by node: compared is what was sent.
    const target = text.trimStart().split(" ", 2)[1] ?? "";
    return {
      reading: new Reading(`${head.method} ${target}`, text, head),
      decoder: requestBody(head, CODEC_LIMITS),
      goesOn: head.keepAlive && head.upgrade === "",
    };
  });
}

/** What we see of the bytes of a peer that was asked with this method, and then closes. */
export function seenAsResponse(method: string, parts: readonly Buffer[]): OurSight {
  return follow(parts, "response", (text) => {
    const head = parseResponseHead(text, method, CODEC_LIMITS);
    return {
      reading: new Reading(`${head.status}`, text, head),
      decoder: responseBody(head, CODEC_LIMITS),
      goesOn: head.status < 200 && head.status !== 101,
    };
  });
}

function follow(
  parts: readonly Buffer[],
  of: "request" | "response",
  begin: (text: string) => Begun,
): OurSight {
  const messages: Reading[] = [];
  let error: string | null = null;
  let closes = false;
  let current: Begun | null = null;
  let held: Buffer = Buffer.alloc(0);
  const take = (part: Buffer): void => {
    const fresh = held.length;
    let bytes = Buffer.concat([held, part]);
    held = Buffer.alloc(0);
    for (let isFirst = true; bytes.length > 0; isFirst = false) {
      if (current !== null && !current.decoder.isDone) {
        bytes = bytes.subarray(current.decoder.feed(bytes, 0, current.reading));
        continue;
      }
      if (closes) return;
      const end = findHeadEnd(bytes, 0);
      if (end === -1) {
        checkUnfinishedHead(bytes, { of, start: 0, fresh: isFirst ? fresh : 0 }, CODEC_LIMITS);
        held = bytes;
        return;
      }
      current = begin(bytes.toString("latin1", 0, end));
      closes = !current.goesOn;
      messages.push(current.reading);
      if (current.decoder.isDone) current.reading.onBodyEnd("");
      bytes = bytes.subarray(end);
    }
  };
  const finish = (): void => {
    current?.decoder.close(current.reading);
    if (held.length > 0) throw new SluiceError("client_aborted");
  };
  try {
    for (const part of parts) take(part);
    finish();
  } catch (fault) {
    if (!(fault instanceof SluiceError)) throw fault;
    error = fault.code;
  }
  return { messages, error, closes };
}
