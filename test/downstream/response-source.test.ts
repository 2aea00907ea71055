// A response between whoever gives it and whoever takes it. What feeds a source in a second way
// passes these as well.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../../src/base/errors.ts";
import { type ResponseReceiver, ResponseSource } from "../../src/downstream/response-source.ts";
import { NOTHING_STATED } from "../../src/http1/messages.ts";
import { SOURCE } from "../../src/wire/response-sources.ts";

const HEAD = {
  status: 200,
  reason: "OK",
  headers: "",
  contentLength: -1,
  statedLength: NOTHING_STATED,
  upgrade: "",
  hasDate: true,
  hasRequestId: false,
};

const OF = { kind: SOURCE.script, seenBy: null };

/** A source, what its flow was asked, and what its receiver heard. */
function stand(first: Buffer | string | null = null, isComplete = false) {
  const asked: string[] = [];
  const heard: string[] = [];
  const flow = { pause: () => asked.push("pause"), resume: () => asked.push("resume") };
  const source = new ResponseSource({ head: HEAD, first, isComplete, ...OF }, flow);
  let hasRoom = true;
  const receiver: ResponseReceiver = {
    onData: (chunk) => {
      heard.push(chunk.toString());
      return hasRoom;
    },
    onEnd: (trailers) => heard.push(`end ${trailers}`),
    onError: ({ code }) => heard.push(code),
  };
  source.attach(receiver);
  return { source, asked, heard, fill: () => (hasRoom = false) };
}

const textOf = (body: Buffer | string | null): string | undefined => body?.toString();

test("what comes before the body is opened waits, in its order, and holds the flow back", () => {
  const { source, heard } = stand("one ");
  assert.equal(source.add(Buffer.from("two ")), false);
  assert.equal(source.add(Buffer.from("three")), false);
  assert.equal(textOf(source.open()), "one two three");
  assert.deepEqual(heard, []);
  assert.equal(source.ended, null);
});

test("what came with the head alone is handed on as it came", () => {
  const first = Buffer.from("first");
  assert.equal(stand(first).source.open(), first);
  assert.equal(stand("text").source.open(), "text");
  assert.equal(stand().source.open(), null);
});

test("behind the opening each chunk goes to the receiver, which says whether it has room", () => {
  const { source, heard, fill } = stand();
  source.open();
  assert.equal(source.add(Buffer.from("one")), true);
  fill();
  assert.equal(source.add(Buffer.from("two")), false);
  source.end("X: y\r\n");
  assert.deepEqual(heard, ["one", "two", "end X: y\r\n"]);
});

test("an end that comes before the opening is seen there, and told to nobody", () => {
  const { source, heard } = stand();
  source.add(Buffer.from("all"));
  source.end("X: y\r\n");
  assert.equal(textOf(source.open()), "all");
  assert.deepEqual([source.ended, heard], ["X: y\r\n", []]);
  assert.equal(stand("whole", true).source.ended, "");
});

test("an error is told before the opening and behind it", () => {
  for (const isOpen of [false, true]) {
    const { source, heard } = stand();
    source.add(Buffer.from("part"));
    if (isOpen) source.open();
    source.fail(new SluiceError("upstream_aborted"));
    assert.deepEqual(heard, ["upstream_aborted"]);
  }
});

test("the receiver stops and starts what feeds it", () => {
  const { source, asked } = stand();
  source.pause();
  source.resume();
  assert.deepEqual(asked, ["pause", "resume"]);
});

test("a script's answer is whole, and says when it has left", () => {
  let left = 0;
  const answer = { status: 404, headers: "X: y\r\n", body: Buffer.from("none") };
  const source = ResponseSource.of(answer, { ...OF, left: () => left++ });
  assert.deepEqual([source.head.status, source.head.contentLength, source.ended], [404, 4, ""]);
  assert.equal(textOf(source.open()), "none");
  source.resume();
  source.left();
  assert.equal(left, 1);
  const empty = ResponseSource.of({ ...answer, body: Buffer.alloc(0) }, OF);
  assert.equal(empty.open(), null);
});
