// gRPC through a real proxy, with @grpc/grpc-js as client and server, and phases in between.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { laneOf } from "./lane.ts";
import { TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter({ request }) {
    if (request.headers.get("x-refuse") === "throw") throw new Error("as asked");
    request.headers.set("x-hook", "seen");
  },
  upstreamPeer: ({ request }) => request.headers.get("x-group") ?? "grpc",
  responseFilter({ response }) { response.headers.set("x-filtered", "yes"); },
  responseTrailerFilter({ trailers }) {
    trailers.set("x-status", trailers.get("grpc-status") ?? "none");
  },
});`;

const same = (bytes: Buffer): Buffer => bytes;
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  ...{ requestStream, responseStream },
  ...{ requestSerialize: same, requestDeserialize: same },
  ...{ responseSerialize: same, responseDeserialize: same },
});
const SERVICE = {
  unary: method("unary", false, false),
  collect: method("collect", true, false),
  count: method("count", false, true),
  chat: method("chat", true, true),
  wait: method("wait", false, false),
};

let waiting = 0;
const cancelled = new Set<string>();
const server = new Server({ "grpc.max_receive_message_length": -1 });
server.addService(SERVICE, {
  unary(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
    const trailer = new Metadata();
    trailer.set("x-sum-bin", Buffer.from([0, 1, 255]));
    if (call.request.toString() === "fail") {
      return done({ code: status.NOT_FOUND, details: "nö: 100 %", metadata: trailer });
    }
    call.sendMetadata(call.metadata);
    done(null, call.request, trailer);
  },
  collect(call: ServerReadableStream<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
    const parts: Buffer[] = [];
    call.on("data", (part: Buffer) => void parts.push(part));
    call.on("end", () => done(null, Buffer.concat(parts)));
  },
  count(call: ServerWritableStream<Buffer, Buffer>) {
    for (let i = 0; i < 100; i++) call.write(Buffer.from(`${i}`));
    call.end();
  },
  chat(call: ServerDuplexStream<Buffer, Buffer>) {
    call.on("data", (part: Buffer) => call.write(Buffer.from(`echo ${part}`)));
    call.on("end", () => call.end());
    call.on("cancelled", () => void cancelled.add("chat"));
  },
  wait(call: ServerUnaryCall<Buffer, Buffer>) {
    waiting++;
    if (call.cancelled) cancelled.add("wait");
    call.on("cancelled", () => void cancelled.add("wait"));
  },
});
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
    error === null ? resolve(bound) : reject(error),
  );
});
after(() => server.forceShutdown());
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: {
    listeners: [{ address: "127.0.0.1:0", http2: true }],
    tenants: {
      a: {
        ...laneOf({ script: "main.ts" }),
        ...{ hosts: ["*"], script: "main.ts", defaultUpstream: "grpc" },
        upstreams: {
          grpc: { protocol: "http2", peers: [`127.0.0.1:${port}`] },
          gone: { protocol: "http2", peers: ["127.0.0.1:1"] },
        },
      },
    },
  },
});
after(() => proxy[Symbol.asyncDispose]());
const client = new Client(`127.0.0.1:${proxy.port}`, credentials.createInsecure(), {
  "grpc.max_receive_message_length": -1,
});
after(() => client.close());

interface Unary {
  readonly error: ServiceError | null;
  readonly value: Buffer | undefined;
  readonly metadata: Metadata;
  readonly trailer: Metadata;
}

function unary(request: Buffer | string, given: Record<string, string> = {}): Promise<Unary> {
  const { path } = SERVICE.unary;
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(given)) metadata.set(name, value);
  return new Promise((resolve) => {
    const came = { metadata: new Metadata(), trailer: new Metadata() };
    const bytes = Buffer.from(request);
    let result: Pick<Unary, "error" | "value"> | null = null;
    const call = client.makeUnaryRequest(path, same, same, bytes, metadata, (error, value) => {
      result = { error, value };
    });
    call.on("metadata", (head: Metadata) => {
      came.metadata = head;
    });
    call.on("status", ({ metadata: trailer }: { metadata: Metadata }) => {
      came.trailer = trailer;
      setImmediate(() => resolve({ ...came, ...(result ?? { error: null, value: undefined }) }));
    });
  });
}

test("a unary call passes with its metadata and its binary trailers, through hooks", async () => {
  const { error, value, metadata, trailer } = await unary("hello", { "x-own": "mine" });
  assert.deepEqual([error, value?.toString()], [null, "hello"]);
  assert.deepEqual(metadata.get("x-own"), ["mine"]);
  assert.deepEqual(metadata.get("x-hook"), ["seen"]);
  assert.deepEqual(metadata.get("x-filtered"), ["yes"]);
  assert.deepEqual(trailer.get("x-sum-bin"), [Buffer.from([0, 1, 255])]);
  assert.deepEqual(trailer.get("x-status"), ["0"]);
  const line = await proxy.waitFor(({ target }) => target === SERVICE.unary.path);
  assert.deepEqual([line.protocol, line.upstreamProtocol], ["HTTP/2", "HTTP/2"]);
});

test("4 MB go there and back in one message", async () => {
  const { error, value } = await unary(Buffer.alloc(4_194_304, "abc"));
  assert.deepEqual([error, value?.length], [null, 4_194_304]);
});

test("an error of the service is its own, with text and trailers (trailers-only)", async () => {
  const { error, trailer } = await unary("fail");
  assert.deepEqual([error?.code, error?.details], [status.NOT_FOUND, "nö: 100 %"]);
  assert.deepEqual(trailer.get("x-sum-bin"), [Buffer.from([0, 1, 255])]);
});

test("a client's stream is collected, and a server's comes message by message", async () => {
  const collected = await new Promise<Buffer | undefined>((resolve, reject) => {
    const call = client.makeClientStreamRequest(SERVICE.collect.path, same, same, (error, value) =>
      error === null ? resolve(value) : reject(error),
    );
    for (const part of ["a", "b", "c"]) call.write(Buffer.from(part));
    call.end();
  });
  assert.equal(collected?.toString(), "abc");
  const call = client.makeServerStreamRequest(SERVICE.count.path, same, same, Buffer.alloc(0));
  const numbers: string[] = [];
  for await (const number of call) numbers.push(String(number));
  assert.deepEqual(
    numbers,
    Array.from({ length: 100 }, (_, index) => `${index}`),
  );
});

test("both sides talk at once: each message is answered before the next is sent", async () => {
  const call = client.makeBidiStreamRequest(SERVICE.chat.path, same, same);
  for (const word of ["one", "two", "three"]) {
    const answer = new Promise((resolve) => call.once("data", resolve));
    call.write(Buffer.from(word));
    assert.equal(String(await answer), `echo ${word}`);
  }
  const over = new Promise<{ code: number }>((resolve) => call.once("status", resolve));
  call.end();
  assert.equal((await over).code, status.OK);
});

test("a deadline and a cancel reach the service", async () => {
  cancelled.clear();
  const { path } = SERVICE.wait;
  // on a busy machine the first may be over before its call has got there
  for (let ms = 200; waiting === 0; ms *= 2) {
    const deadline = { deadline: Date.now() + ms };
    const error = await new Promise<ServiceError | null>((resolve) => {
      client.makeUnaryRequest(path, same, same, Buffer.alloc(0), deadline, (failure) =>
        resolve(failure),
      );
    });
    assert.equal(error?.code, status.DEADLINE_EXCEEDED);
  }
  const call = client.makeBidiStreamRequest(SERVICE.chat.path, same, same);
  call.on("error", () => {});
  call.write(Buffer.from("one"));
  await new Promise((resolve) => call.once("data", resolve));
  call.cancel();
  while (cancelled.size < 2) await new Promise((resolve) => setTimeout(resolve, 5));
});

test("the proxy's own failures have gRPC's status, not a page", async () => {
  const gone = await unary("x", { "x-group": "gone" });
  const { UNAVAILABLE, UNKNOWN } = status;
  assert.deepEqual(
    [gone.error?.code, gone.error?.details],
    [UNAVAILABLE, "The upstream refused the connection. (connect_refused)"],
  );
  const failed = await unary("x", { "x-refuse": "throw" });
  assert.deepEqual(
    [failed.error?.code, failed.error?.details],
    [UNKNOWN, "The edge script failed. (script_error)"],
  );
  assert.notEqual(failed.trailer.get("x-request-id").length, 0);
});
