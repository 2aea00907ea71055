// What is a request on HTTP/2, what is answered, reset, or the end of its session: a table of what
// the RFC asks for, and of what others have passed on to an HTTP/1.1 origin. After each stream that
// goes wrong, the next on the same connection is served.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  block,
  data,
  type Fields,
  frame,
  get,
  headers,
  post,
  RawHttp2,
  reset,
  windowUpdate,
} from "../../support/http2-client.ts";
import { EchoStand } from "./echo-stand.ts";

const stand = await EchoStand.start();
after(() => stand[Symbol.asyncDispose]());

/** `served`, a status, `reset N`, or `goaway N`; of stream 1 of a connection. */
async function outcome(frames: readonly Buffer[]): Promise<string> {
  using client = await RawHttp2.connect(stand.port);
  client.send(...frames);
  const came = client.stream(1);
  const isOver = (): boolean =>
    came.isEnded || came.resetCode !== -1 || client.goaways.length > 0 || client.isClosed;
  await client.until(isOver).catch(() => {});
  if (client.goaways.length > 0) return `goaway ${await client.closed()}`;
  client.send(headers(99, get("/next")));
  assert.equal((await client.ended(99)).statuses.at(-1), "200", "the next one is not served");
  if (came.resetCode > 0) return `reset ${came.resetCode}`;
  return came.statuses.at(-1) === "200" ? "served" : (came.statuses.at(-1) ?? "nothing");
}

const without = (name: string, fields: Fields = get()): Fields =>
  fields.filter(([own]) => own !== name);

const as = (name: string, value: string, fields: Fields = get()): Fields =>
  fields.map(([own, given]) => [own, own === name ? value : given]);

/** A GET with one more field. */
const also = (name: string, value: string): Buffer[] => [headers(1, get("/", [name, value]))];

const sized = (length: string, ...frames: Buffer[]): Buffer[] => [
  headers(1, post(["content-length", length]), false),
  ...frames,
];

const withTrailers = (trailers: Fields, isEnd = true): Buffer[] => [
  headers(1, post(), false),
  data(1, "body"),
  headers(1, trailers, isEnd),
];

const NULS = (length: number): Buffer => Buffer.alloc(length);
/** Stream 1, and a weight. */
const ON_ITSELF = Buffer.from([0, 0, 0, 1, 9]);
const A_FIELD = ["x-a", "a"] as const;

const CASES: Readonly<Record<string, Readonly<Record<string, readonly Buffer[]>>>> = {
  served: {
    "a GET": [headers(1, get())],
    "a GET with an empty value": also("x-a", ""),
    "a Host that says the same": also("host", "A.example"),
    "a Host in the place of :authority": [
      headers(1, [...without(":authority"), ["host", "a.example"]]),
    ],
    "`te: trailers`, once and twice": [
      headers(1, get("/", ["te", "trailers"], ["te", "trailers"])),
    ],
    "http2-settings": also("http2-settings", "AAMAAABk"),
    "`*` of OPTIONS": [headers(1, as(":method", "OPTIONS", get("*")))],
    "a body of the length that was said": sized("5", data(1, "he"), data(1, "llo", true)),
    "a body of no length": [headers(1, post(), false), data(1, "hello", true)],
    "a Content-Length of 0, then its end": sized("0", data(1, "", true)),
    "trailers behind a body": withTrailers([["x-sum", "1"]]),
    "a block in three frames": [
      frame(1, 1, 1, block(get()).subarray(0, 5)),
      frame(9, 0, 1, block(get()).subarray(5, 9)),
      frame(9, 4, 1, block(get()).subarray(9)),
    ],
    "padding and a priority": [
      frame(1, 0x2d, 1, Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 9]), block(get()), NULS(3)])),
    ],
    "padded data": [
      headers(1, post(), false),
      frame(0, 9, 1, Buffer.concat([Buffer.from([2]), Buffer.from("hi"), NULS(2)])),
    ],
    "frames of a kind that nobody knows": [frame(77, 255, 1, NULS(9)), headers(1, get())],
    "a priority of a stream that is not open": [frame(2, 0, 1, NULS(5)), headers(1, get())],
    "a priority of a stream on itself": [frame(2, 0, 1, ON_ITSELF), headers(1, get())],
    "a head that depends on itself": [frame(1, 0x25, 1, Buffer.concat([ON_ITSELF, block(get())]))],
    "an answer to a ping that nobody sent": [frame(6, 1, 0, NULS(8)), headers(1, get())],
    "a window and a reset of a stream that is closed": [
      ...[headers(1, get()), headers(3, get("/hold")), reset(3, 8), reset(3, 8)],
      windowUpdate(3, 1),
    ],
    "a method that nobody knows": [headers(1, as(":method", "PRI"))],
    "a method in lower case, which is another one": [headers(1, as(":method", "get"))],
  },
  "reset 1": {
    "a value with CR": also("x-a", "a\rb"),
    "a value with LF": also("x-a", "a\nb"),
    "a value with NUL": also("x-a", "a\0b"),
    "a value with another control": also("x-a", "a\x7fb"),
    "a value with a blank in front": also("x-a", " a"),
    "a value with a tab behind it": also("x-a", "a\t"),
    "a name in upper case": also("X-A", "a"),
    "an empty name": also("", "a"),
    "a name with a blank": also("x a", "a"),
    "a name with a colon": also("x:a", "a"),
    "a name with CR LF": also("x\r\nhost", "a"),
    "a name of 8 bit": also("x\xe4", "a"),
    "`connection`": also("connection", "close"),
    "`keep-alive`": also("keep-alive", "timeout=5"),
    "`proxy-connection`": also("proxy-connection", "close"),
    "`transfer-encoding`": also("transfer-encoding", "chunked"),
    "`upgrade`": also("upgrade", "h2c"),
    "`te` that is more than trailers": also("te", "trailers, gzip"),
    "no :method": [headers(1, without(":method"))],
    "no :scheme": [headers(1, without(":scheme"))],
    "no :path": [headers(1, without(":path"))],
    "two :path": [headers(1, [[":path", "/"], ...get()])],
    "two :authority": [headers(1, [[":authority", "a.example"], ...get()])],
    "a pseudo-field behind others": [headers(1, [["x-a", "a"], ...get()])],
    "two :method": [headers(1, [[":method", "GET"], ...get()])],
    "two :scheme": [headers(1, [[":scheme", "http"], ...get()])],
    "a pseudo-field that nobody knows": [headers(1, [[":foo", "a"], ...get()])],
    "a :path with a control": [headers(1, get("/a\x01b"))],
    "`:status`": also(":status", "200"),
    "`:protocol`": [headers(1, [[":protocol", "websocket"], ...get()])],
    "an empty :path": [headers(1, as(":path", ""))],
    "a :path without a slash": [headers(1, as(":path", "x"))],
    "an absolute :path": [headers(1, as(":path", "http://b.example/"))],
    "an empty :authority": [headers(1, as(":authority", ""))],
    "a Host that says something else": also("host", "b.example"),
    "two Hosts": [headers(1, get("/", ["host", "a.example"], ["host", "a.example"]))],
    "a method that is no token": [headers(1, as(":method", "G ET"))],
    "a Content-Length of 5, and its end with the head": [headers(1, post(["content-length", "5"]))],
    "3 of 5 bytes": sized("5", data(1, "abc", true)),
    "7 of 5 bytes": sized("5", data(1, "abcdefg", true)),
    "a byte of none": sized("0", data(1, "a", true)),
    "trailers with a pseudo-field": withTrailers([[":path", "/"]]),
    "trailers with a connection's field": withTrailers([["connection", "close"]]),
    "trailers with Content-Length": withTrailers([["content-length", "4"]]),
    "trailers that are not the end": withTrailers([["x-sum", "1"]], false),
    "a window opened by 0": [headers(1, post(), false), windowUpdate(1, 0)],
  },
  "reset 3": {
    "a window that overflows": [headers(1, post(), false), windowUpdate(1, 0x7fffffff)],
  },
  "reset 5": {
    "data on a stream whose end has come": [headers(1, get("/hold")), data(1, "x")],
  },
  "400": {
    "an :authority with a user": [headers(1, as(":authority", "u@a.example"))],
    "an :authority with a path": [headers(1, as(":authority", "a.example/x"))],
    "an :authority with a comma": [headers(1, as(":authority", "a.example,b.example"))],
    "an :authority with a blank": [headers(1, as(":authority", "a.example b.example"))],
    "an :authority of 8 bit": [headers(1, as(":authority", "\xe4.example"))],
    "an :authority with the port 99999": [headers(1, as(":authority", "a.example:99999"))],
    "two Hosts without :authority": [
      headers(1, [...without(":authority"), ["host", "a.example"], ["host", "a.example"]]),
    ],
    "no host at all": [headers(1, without(":authority"))],
    "a :path with `#`": [headers(1, get("/a#b"))],
    "a :path with a blank": [headers(1, get("/a b"))],
    "a :path of 8 bit": [headers(1, get("/\xe4"))],
    "`*` of GET": [headers(1, get("*"))],
    "the scheme ftp": [headers(1, as(":scheme", "ftp"))],
    "a scheme that is no token": [headers(1, as(":scheme", "ht tp"))],
    "a Content-Length of +5": sized("+5"),
    "a Content-Length of 5,5": sized("5,5"),
    "an empty Content-Length": sized(""),
    "a Content-Length of 2^64": sized("18446744073709551616"),
    "two Content-Lengths": [
      headers(1, post(["content-length", "5"], ["content-length", "5"]), false),
    ],
  },
  "405": {
    CONNECT: [
      headers(1, [
        [":method", "CONNECT"],
        [":authority", "a.example:443"],
      ]),
    ],
    TRACE: [headers(1, as(":method", "TRACE"))],
  },
  "414": { "a target that is too long": [headers(1, get(`/${"a".repeat(9_000)}`))] },
  "417": { "an expectation that cannot be met": also("expect", "miracles") },
  "431": {
    "too many lines": [headers(1, get("/", ...Array.from({ length: 300 }, () => A_FIELD)))],
  },
  "goaway 1": {
    "a stream with an even number": [headers(2, get())],
    "data on a stream that is idle": [data(1, "x")],
    "data on no stream": [data(0, "x")],
    "a settings frame on a stream": [frame(4, 0, 1)],
    "another frame within a block": [frame(1, 1, 1, block(get())), data(1, "x")],
    "a continuation of nothing": [frame(9, 4, 1, block(get()))],
    "a push promise": [frame(5, 4, 1, NULS(4))],
    "padding that is longer than its frame": [frame(1, 0xd, 1, Buffer.from([9, 0]))],
    "a reset of a stream that is idle": [frame(3, 0, 1, NULS(4))],
    "a window of a stream that is idle": [windowUpdate(1, 1)],
    "a window of the connection opened by 0": [windowUpdate(0, 0)],
  },
  "goaway 3": {
    "a window of the connection that overflows": [windowUpdate(0, 0x7fffffff)],
    "an initial window that is too large": [frame(4, 0, 0, Buffer.from("0004ffffffff", "hex"))],
  },
  "goaway 5": {
    "a number that goes back": [headers(3, get()), headers(1, get())],
    "data on a stream that its client has reset": [
      headers(1, get("/hold")),
      reset(1, 8),
      data(1, "x"),
    ],
    "a head on a stream that its client has reset": [
      ...[headers(1, get("/hold")), reset(1, 8), headers(1, get())],
    ],
  },
  "goaway 6": {
    "a ping of 7 bytes": [frame(6, 0, 0, NULS(7))],
    "settings of 5 bytes": [frame(4, 0, 0, NULS(5))],
    "a frame of over 16 KiB": [frame(0, 0, 1, NULS(16_385))],
    "a window update of 3 bytes": [frame(8, 0, 1, NULS(3))],
  },
  "goaway 9": { "a block that is none": [frame(1, 5, 1, Buffer.from([0x80]))] },
};

for (const [expected, cases] of Object.entries(CASES)) {
  for (const [what, frames] of Object.entries(cases)) {
    test(`${expected}: ${what}`, async () => {
      assert.equal(await outcome(frames), expected);
    });
  }
}
