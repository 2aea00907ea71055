// What loggers write, and what of a script's text reaches a log.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccessFormat, LogLevel } from "../../src/base/config/types.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { createLogger } from "../../src/observe/log.ts";
import { prettyLogLine } from "../../src/observe/pretty.ts";
import { logScriptMessage } from "../../src/observe/script-log.ts";

const setUp = (level: LogLevel, format: AccessFormat = "json") => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  return { lines, logger: createLogger({ level, format, fields: { worker: 1 } }, destination) };
};

const MESSAGE = { level: "info", tenant: "demo", id: "abc", hook: "requestFilter" } as const;

describe("createLogger", () => {
  it("writes one JSON line with level, time, its fields and the message", () => {
    const { lines, logger } = setUp("info");
    logger.info({ address: "127.0.0.1:80" }, "listening");
    assert.equal(lines.length, 1);
    const { time, ...rest } = JSON.parse(lines[0] ?? "");
    const address = "127.0.0.1:80";
    assert.deepEqual(rest, { level: "info", worker: 1, address, msg: "listening" });
    assert.equal(new Date(time).toISOString(), time);
  });

  it("writes nothing that a terminal obeys, whatever a field holds", () => {
    const { lines, logger } = setUp("info");
    const at = "\x1b[2J\u009b31m\u202e\n";
    logger.warn({ at }, at);
    assert.match(lines[0] ?? "", /^[\x20-\x7e]+\n$/);
    assert.equal(JSON.parse(lines[0] ?? "").at, at);
  });

  it("writes nothing below its level", () => {
    const { lines, logger } = setUp("warn");
    logger.info("not this");
    logger.warn("this");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).msg),
      ["this"],
    );
  });

  it("shows an error with its cause", () => {
    const { lines, logger } = setUp("info");
    logger.error({ err: new Error("outer", { cause: new Error("inner") }) }, "failed");
    const { err } = JSON.parse(lines[0] ?? "");
    assert.match(err.stack, /Error: outer[\s\S]*caused by: Error: inner/);
  });

  it("writes for people when the access log is for people", () => {
    const { lines, logger } = setUp("info", "pretty");
    logger.warn({ peer: "a:1" }, "slow");
    assert.match(lines[0] ?? "", /^\S*\d\d:\d\d:\d\d\.\d{3}.*WARN.*slow.*worker=1.*peer=a:1/);
  });
});

describe("prettyLogLine", () => {
  it("puts further lines and stacks below, indented: none can look like an entry", () => {
    const err = { stack: "Error: x\n    at y\n\x1b[2J" };
    const json = JSON.stringify({
      ...{ level: "error", time: "", msg: "a\nb", key: { c: "\x1b\n" }, err },
      stack: "at z (main.ts:1:2)\n10:15:02.123  INFO  forged",
    });
    assert.deepEqual(prettyLogLine(`${json}\n`, false).trimEnd().split("\n").slice(0), [
      '  ERROR  a  key={"c":"\\u001b\\n"}',
      "    b",
      "    at z (main.ts:1:2)",
      "    10:15:02.123  INFO  forged",
      "    Error: x",
      "        at y",
      "    \\x1b[2J",
    ]);
  });
});

describe("logScriptMessage", () => {
  it("names the tenant, the request and the hook", () => {
    const { lines, logger } = setUp("info");
    logScriptMessage(logger, { ...MESSAGE, message: "I'm a beta user #1" });
    const { time, ...rest } = JSON.parse(lines[0] ?? "");
    assert.deepEqual(rest, {
      worker: 1,
      source: "script",
      ...MESSAGE,
      msg: "I'm a beta user #1",
    });
    assert.ok(time);
  });

  it("has the frames of a failure in a field of their own", () => {
    const { lines, logger } = setUp("info");
    const stack = "at a (main.ts:1:2)\n\x1bat b (lib/b.ts:3:4)";
    logScriptMessage(logger, { ...MESSAGE, message: "Error: boom", at: "main.ts:1:2", stack });
    assert.equal(lines.length, 1);
    const { msg, at, stack: shown } = JSON.parse(lines[0] ?? "");
    assert.deepEqual([msg, at], ["Error: boom", "main.ts:1:2"]);
    assert.equal(shown, "at a (main.ts:1:2)\n\\x1bat b (lib/b.ts:3:4)");
  });

  it("obeys the level", () => {
    const { lines, logger } = setUp("warn");
    logScriptMessage(logger, { ...MESSAGE, message: "quiet" });
    logScriptMessage(logger, { ...MESSAGE, level: "error", message: "loud" });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).msg),
      ["loud"],
    );
  });

  it("cuts a long message, keeps its lines and escapes control characters", () => {
    const { lines, logger } = setUp("info");
    logScriptMessage(logger, { ...MESSAGE, message: "a\n{}\r\t\x1b[31m\x9b\u202e\ud800é" });
    logScriptMessage(logger, { ...MESSAGE, message: "x".repeat(1_000_000) });
    const [first, second] = lines.map((line) => JSON.parse(line).msg);
    assert.equal(first, "a\n{}\\r\t\\x1b[31m\\x9b\\u202e\ufffdé");
    assert.equal(second.length, LIMITS.scriptMessageChars + 1);
  });
});
