// Fuzzing against node:http's parser as an oracle. What our codec accepts, another parser must read
// as the same messages with the same bodies, or refuse: it must never see another number of them.
// The other way round nothing is asked: we refuse what node lets through. FUZZ_RUNS sets the
// messages tried.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestHead } from "../../src/http1/messages.ts";
import { frameChunk, lastChunk, requestHeadText } from "../../src/http1/serialise.ts";
import { fc } from "../support/property.ts";
import { type SeenMessage, type Sight, seenByClient, seenByServer } from "./oracle-node.ts";
import { type OurSight, seenAsRequests, seenAsResponse } from "./oracle-ours.ts";

const RUNS = Number(process.env.FUZZ_RUNS ?? 5_000);

const requests = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /x?y=1 HTTP/1.1\r\nHost: a.b:80\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n",
  "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "PUT /t HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;e\r\nabc\r\n0\r\nX: y\r\n\r\n",
  "DELETE /d HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
  "GET http://a/abs HTTP/1.1\r\nHost: a\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET /old HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n",
  "POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
];

const responses = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;e\r\nabc\r\n0\r\nX: y\r\n\r\n",
  "HTTP/1.1 200 OK\r\n\r\nuntil the end",
  "HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok",
  "HTTP/1.1 204 No Content\r\n\r\n",
  "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 200\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx",
];

/** Bytes that parsers have been known to disagree about. */
const tricks = fc.constantFrom(
  ...["\r", "\n", "\r\n", "\n\n", "\r\n\r\n", "\r\r\n", " ", "\t", "\0", "\x0b", "\xa0"],
  ...["\x7f", "\xff", ":", ";", ",", "0", "5", "a", "A", "+", "-", "_", "0x", "#", "\\", " :"],
  ...["\r\n ", "\r\n\t", "HTTP/1.0", "HTTP/1.2", "http://b", "//", "%", "{", '"'],
  ...["\r\nContent-Length: 5", "\r\nContent-Length: 0", "\r\nContent-Length: 5, 5"],
  ...["\r\ncontent-length:\t3 ", "\r\nContent-Length : 5", "\r\nContent-Length: 05"],
  ...["\r\nTransfer-Encoding: chunked", "\r\nTRANSFER-ENCODING:chunked"],
  ...["\r\nTransfer-Encoding: chunked, chunked", "\r\nTransfer-Encoding:\x0bchunked"],
  ...["\r\nTransfer-Encoding : chunked", "\r\nTransfer-Encoding: identity"],
  ...["\r\nTransfer-Encoding: x", "\r\nContent-Length:", "\r\nHost: b", "\r\nX: y"],
  ...["\r\nContent-Length: +5", "\r\nContent-Length: 5 5", "\r\nContent-Length: 0x5"],
  ...["\r\nTransfer-Encoding: chunked;q=1", " \r\n", "\rX", "\t\r\n", "X: y\r\n", "X : y\r\n"],
  ...["\r\nConnection: close", "\r\nConnection: Host, close", "\r\nTE: trailers"],
  ...["\r\nConnection: upgrade\r\nUpgrade: h2c", "\r\nExpect: 100-continue"],
  ...["0\r\n\r\n", "5\r\nhello\r\n", "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"],
  ...["ffffffffffffffff1\r\n", "00000005\r\n", "5 \r\n", "5;\r\n", "5\n"],
);

/** Around the line end behind the place, where most tricks belong, or just there. */
const spots = fc.constantFrom("here", "here", "before line end", "behind line end", "for line end");

/** Where in the text, in thousandths; how many bytes go, and what comes in their place. */
const mutation = fc.tuple(
  // Without the bias towards small numbers, which would leave bodies as they are.
  fc.noBias(fc.nat({ max: 999 })),
  fc.constantFrom(0, 0, 0, 1, 2),
  fc.oneof({ weight: 9, arbitrary: tricks }, { weight: 1, arbitrary: fc.constant("") }),
  spots,
);
const mutations = fc.array(mutation, { maxLength: 3 });
const cuts = fc.array(fc.nat({ max: 500 }), { maxLength: 4 });

type Mutation = readonly [number, number, string, string];

function mutate(text: string, changes: readonly Mutation[]): string {
  return changes.reduce((before, [thousandth, removed, added, spot]) => {
    const place = Math.floor((thousandth * before.length) / 1_000);
    const lineEnd = spot === "here" ? -1 : before.indexOf("\r\n", place);
    if (lineEnd === -1) return before.slice(0, place) + added + before.slice(place + removed);
    const at = spot === "behind line end" ? lineEnd + 2 : lineEnd;
    const length = spot === "for line end" ? 2 : 0;
    return before.slice(0, at) + added + before.slice(at + length);
  }, text);
}

function cut(text: string, at: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text, "latin1");
  const ends = [...new Set([...at.filter((end) => end < bytes.length && end > 0), bytes.length])];
  ends.sort((a, b) => a - b);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

/**
 * Refusals of node's where we accept, each with the texts that it may be of: all are choices of
 * ours, and none lets a message be read in two ways.
 */
const NODE_REFUSES: Readonly<Record<string, RegExp>> = {
  // We forward any method, node knows a list.
  HPE_INVALID_METHOD: /^(?!HTTP)/,
  // Of an extension, which is dropped, we ask only that it has no controls; node reads its grammar.
  HPE_STRICT: /\n[0-9a-f]+;/i,
  HPE_INVALID_CHUNK_SIZE: /\n[0-9a-f]+;/i,
  // Of a response we take out blanks before colons, as RFC 9112 section 5.1 demands.
  HPE_INVALID_HEADER_TOKEN: /^HTTP.*[ \t]:/s,
  // In a response chunked overrides a length. From trailers both are dropped, as
  // is Connection.
  HPE_INVALID_TRANSFER_ENCODING: /^HTTP|\n0+\r\n(?:.+\r\n)*transfer-encoding/i,
  HPE_INVALID_CONTENT_LENGTH: /^HTTP|\n0+\r\n(?:.+\r\n)*content-length/i,
  // An interim response that says close is followed by the final one all the same. In a request of
  // HTTP/1.0 a blank behind keep-alive makes node close.
  HPE_CLOSED_CONNECTION: /^HTTP|keep-alive[ \t]|\n0+\r\n(?:.+\r\n)*connection/i,
};

function agree(text: string, ours: OurSight, node: Sight): void {
  const show = [text, ours, node].map((part) => JSON.stringify(part)).join("\n");
  for (const [index, mine] of ours.messages.entries()) {
    const theirs = node.messages[index];
    if (theirs === undefined) {
      assertAllowed(text, node, show);
      return;
    }
    assert.equal(theirs.start, mine.start, show);
    if (mine.asksUpgrade) return;
    if (mine.isComplete && !theirs.isComplete) {
      assertAllowed(text, node, show);
      return;
    }
    if (mine.isComplete) assert.equal(theirs.body, mine.body, show);
    if (ours.error === null) assert.equal(theirs.isComplete, mine.isComplete, show);
    if (mine.request !== null) assert.ok(isSameFraming(mine, theirs), show);
  }
  // Behind a refusal and behind a close of ours nothing is read; else nothing may be left over.
  if (ours.error !== null || ours.closes) return;
  assert.equal(node.messages.length, ours.messages.length, show);
}

/** Node gave up: for a reason, and on a text, that we know of. */
function assertAllowed(text: string, node: Sight, show: string): void {
  assert.match(text, NODE_REFUSES[node.error ?? ""] ?? /$^/, `only we accept: ${show}`);
}

function isSameFraming(mine: SeenMessage, theirs: SeenMessage): boolean {
  if (mine.framing === "chunked") return theirs.framing.toLowerCase() === "chunked";
  if (theirs.framing.toLowerCase() === "chunked") return false;
  return theirs.framing === "" || Number(theirs.framing) === Number(mine.framing);
}

const sequence = fc.array(fc.constantFrom(...requests), { minLength: 1, maxLength: 3 });

test("node's server reads the requests that we accept as the same requests", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, mutations, cuts, async (list, changes, at) => {
      const text = mutate(list.join(""), changes);
      const parts = cut(text, at);
      agree(text, seenAsRequests(parts), await seenByServer(parts));
    }),
    { numRuns: RUNS },
  );
});

test("node's server reads what we write for an accepted request as that one request", async () => {
  await fc.assert(
    fc.asyncProperty(sequence, mutations, async (list, changes) => {
      const text = mutate(list.join(""), changes);
      for (const mine of seenAsRequests(cut(text, [])).messages) {
        // Without Host in HTTP/1.0: whoever chooses the peer gives it one.
        if (!mine.isComplete || mine.request === null || mine.request.host === "") continue;
        const sent = forwarded(mine.request, mine);
        const node = await seenByServer([sent]);
        const show = `${JSON.stringify(text)} as ${JSON.stringify(sent.toString("latin1"))}`;
        if (node.error === "HPE_INVALID_METHOD") continue;
        assert.equal(node.error, null, show);
        assert.equal(node.messages.length, 1, show);
        const { method, target } = mine.request;
        assert.equal(node.messages[0]?.start, `${method} ${target}`, show);
        assert.equal(node.messages[0]?.body, mine.body, show);
        assert.equal(node.messages[0]?.isComplete, true, show);
      }
    }),
    { numRuns: RUNS },
  );
});

/** The request as it goes to a peer, framed as it came. */
function forwarded(head: RequestHead, read: { readonly body: string; readonly trailers: string }) {
  const hasBody = head.contentLength !== 0;
  const text = requestHeadText({ ...head, hasBody });
  const body = Buffer.from(read.body, "latin1");
  if (head.contentLength !== -1) return Buffer.concat([Buffer.from(text, "latin1"), body]);
  const end = Buffer.from(lastChunk(read.trailers), "latin1");
  return Buffer.concat([Buffer.from(text, "latin1"), frameChunk(body), end]);
}

test("node's client reads the responses that we accept as the same responses", async () => {
  const method = fc.constantFrom("GET", "GET", "HEAD", "POST");
  const response = fc.constantFrom(...responses);
  await fc.assert(
    fc.asyncProperty(method, response, mutations, cuts, async (verb, plain, changes, at) => {
      const text = mutate(plain, changes);
      const parts = cut(text, at);
      agree(text, seenAsResponse(verb, parts), await seenByClient(verb, parts));
    }),
    { numRuns: RUNS },
  );
});
