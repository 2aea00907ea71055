// What the file and OpenTelemetry's environment variables say of traces, together.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../../src/base/config/load.ts";
import { collectorHeaders } from "../../../src/base/config/tracing.ts";

const parsed = (text: string, variables: Record<string, string> = {}) =>
  parseConfig(`workers: 1\n${text}`, "sluice.yaml", variables);

function tracingOf(text: string, variables: Record<string, string> = {}) {
  const result = parsed(text, variables);
  assert.ok("config" in result, JSON.stringify(result));
  return result.config.tracing;
}

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318/base/" };

test("nothing is traced unless the file or a variable says so", () => {
  assert.equal(tracingOf(""), null);
  assert.equal(tracingOf("", { OTEL_SERVICE_NAME: "edge" }), null);
  assert.equal(tracingOf("tracing: {}")?.endpoint, null);
  assert.equal(tracingOf("", ENDPOINT)?.endpoint, "http://collector:4318/base/v1/traces");
  assert.equal(tracingOf("", { ...ENDPOINT, OTEL_SDK_DISABLED: "true" }), null);
  assert.equal(tracingOf("", { ...ENDPOINT, OTEL_TRACES_EXPORTER: "none" }), null);
  assert.equal(tracingOf("tracing: {}", { OTEL_SDK_DISABLED: "TRUE" }), null);
});

test("a variable counts where the file says nothing", () => {
  const variables = {
    ...ENDPOINT,
    OTEL_EXPORTER_OTLP_TIMEOUT: "2000",
    OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: "none",
    OTEL_TRACES_SAMPLER: "traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_SERVICE_NAME: "edge",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=other, team=a%2Cb",
  };
  const { resource, ...own } = tracingOf("", variables) ?? assert.fail();
  assert.deepEqual(resource, { "service.name": "edge", team: "a,b" });
  assert.deepEqual(own, {
    endpoint: "http://collector:4318/base/v1/traces",
    ...{ compression: "none", timeoutMs: 2_000, delayMs: 5_000 },
    ...{ isParentBased: false, ratio: 0.25, trust: "proxies", exportsFailed: true },
  });
  const file =
    "tracing: { endpoint: 'http://127.0.0.1:1', sampler: parentbased_always_off, timeoutMs: 5 }";
  const ofFile = tracingOf(file, variables);
  assert.deepEqual(
    [ofFile?.endpoint, ofFile?.ratio, ofFile?.isParentBased, ofFile?.timeoutMs],
    ["http://127.0.0.1:1/v1/traces", 0, true, 5],
  );
});

test("an endpoint for traces alone is taken as it is", () => {
  const own = { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector:4318/mine" };
  assert.equal(tracingOf("", own)?.endpoint, "http://collector:4318/mine");
});

test("a variable that says nothing usable is a mistake, told without its value if it may be a login", () => {
  const problemsOf = (variables: Record<string, string>): string => {
    const result = parsed("", { ...ENDPOINT, ...variables });
    assert.ok("problems" in result);
    return result.problems.map(({ text }) => text).join();
  };
  assert.match(
    problemsOf({ OTEL_TRACES_SAMPLER: "often" }),
    /OTEL_TRACES_SAMPLER to be one of always_on/,
  );
  assert.match(problemsOf({ OTEL_TRACES_SAMPLER_ARG: "1.5" }), /a number from 0 to 1, got "1.5"/);
  assert.match(problemsOf({ OTEL_EXPORTER_OTLP_TIMEOUT: "10s" }), /milliseconds/);
  assert.match(problemsOf({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "collector:4317" }), /http:\/\//);
  const said = problemsOf({ OTEL_EXPORTER_OTLP_HEADERS: "my secret" });
  assert.match(said, /name=value/);
  assert.doesNotMatch(said, /my secret/);
});

test("mistakes in the file are told with their place", () => {
  for (const [text, expected] of [
    ["tracing: { sampler: often }", "tracing.sampler"],
    ["tracing: { samplerArg: 2 }", "tracing.samplerArg"],
    ["tracing: { endpoint: 'collector:4318' }", "tracing.endpoint"],
    ["tracing: { endpiont: 'http://a' }", "tracing"],
  ] as const) {
    const result = parsed(text);
    assert.ok("problems" in result);
    assert.deepEqual(
      result.problems.map(({ where }) => where),
      [expected],
    );
  }
});

test("headers for the collector come from the environment, percent-encoded", () => {
  const headers = "authorization=Bearer%20abc%3D, x-team=edge";
  assert.deepEqual(collectorHeaders({ OTEL_EXPORTER_OTLP_HEADERS: headers }), [
    ["authorization", "Bearer abc="],
    ["x-team", "edge"],
  ]);
  assert.deepEqual(collectorHeaders({ OTEL_EXPORTER_OTLP_HEADERS: "%zz" }), []);
});
