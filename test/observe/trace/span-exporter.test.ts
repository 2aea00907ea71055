// What becomes of spans when the collector takes them, refuses them, asks to wait, or is not there.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TracingConfig } from "../../../src/base/config/types.ts";
import type { Collector, Posted } from "../../../src/observe/trace/post-spans.ts";
import { SpanExporter } from "../../../src/observe/trace/span-exporter.ts";

const TRACING: TracingConfig = {
  endpoint: "http://127.0.0.1:1/v1/traces",
  compression: "none",
  timeoutMs: 1_000,
  delayMs: 1,
  isParentBased: true,
  ratio: 1,
  trust: "none",
  exportsFailed: true,
  resource: { "service.name": "edge" },
};

const TAKEN: Posted = { kind: "taken", rejected: 0, reason: "" };

function exporterOf(answers: readonly Posted[]) {
  const seen = { texts: [] as string[], collectors: [] as Collector[], exported: 0, dropped: 0 };
  const trouble: (string | null)[] = [];
  const left = [...answers];
  const posted = Promise.withResolvers<void>();
  const exporter = new SpanExporter({
    headers: [["x-key", "k"]],
    resource: { "host.name": "h", "service.name": "not this" },
    version: "1.2.3",
    post: async (text, collector) => {
      seen.texts.push(text);
      seen.collectors.push(collector);
      const answer = left.shift() ?? TAKEN;
      if (left.length === 0) posted.resolve();
      return answer;
    },
    onExported: (spans) => {
      seen.exported += spans;
    },
    onDropped: (spans) => {
      seen.dropped += spans;
    },
    onTrouble: (reason) => void trouble.push(reason),
  });
  return { exporter, seen, trouble, posted: posted.promise };
}

const some = (tenant: string, spans: number) => [{ tenant, text: `{"of":"${tenant}"}`, spans }];

test("each tenant's spans are a resource of their own", async () => {
  const { exporter, seen, posted } = exporterOf([TAKEN]);
  exporter.receive(some("shop", 2), TRACING);
  exporter.receive(some("tea", 1), TRACING);
  await posted;
  await exporter.close();
  const body = JSON.parse(seen.texts[0] ?? "");
  const attributes = body.resourceSpans.map(({ resource }: { resource: { attributes: unknown } }) =>
    JSON.stringify(resource.attributes),
  );
  assert.equal(attributes.length, 2);
  assert.match(attributes[0], /"service.name","value":\{"stringValue":"edge"/);
  assert.match(attributes[0], /"sluice.tenant","value":\{"stringValue":"shop"/);
  assert.match(attributes[1], /"sluice.tenant","value":\{"stringValue":"tea"/);
  assert.doesNotMatch(seen.texts[0] ?? "", /not this/);
  assert.deepEqual([seen.exported, seen.dropped], [3, 0]);
  const [collector] = seen.collectors;
  assert.deepEqual([collector?.userAgent, collector?.headers], ["sluice/1.2.3", [["x-key", "k"]]]);
});

test("what a collector refuses is counted, told once, and not sent again", async () => {
  const refused = { kind: "refused", reason: "it answers 400" } as const;
  const { exporter, seen, trouble, posted } = exporterOf([refused]);
  exporter.receive(some("shop", 2), TRACING);
  await posted;
  await exporter.close();
  assert.deepEqual([seen.texts.length, seen.exported, seen.dropped], [1, 0, 2]);
  assert.deepEqual(trouble, ["it answers 400"]);
});

test("one that asks to wait is asked again with the same spans", async () => {
  const later = { kind: "later", waitMs: 1, reason: "it answers 503" } as const;
  const { exporter, seen, trouble, posted } = exporterOf([later, later, TAKEN]);
  exporter.receive(some("shop", 2), TRACING);
  await posted;
  await exporter.close();
  assert.equal(new Set(seen.texts).size, 1);
  assert.deepEqual([seen.texts.length, seen.exported, seen.dropped], [3, 2, 0]);
  assert.deepEqual(trouble, ["it answers 503", null]);
});

test("spans that it rejects of an export count as dropped", async () => {
  const { exporter, seen, posted } = exporterOf([{ kind: "taken", rejected: 2, reason: "old" }]);
  exporter.receive(some("shop", 5), TRACING);
  await posted;
  await exporter.close();
  assert.deepEqual([seen.texts.length, seen.exported, seen.dropped], [1, 3, 2]);
});

test("at the end all that waits is tried once more, and nothing is waited for", async () => {
  const later = { kind: "later", waitMs: 1_000_000, reason: "it is not there" } as const;
  const { exporter, seen } = exporterOf([later]);
  exporter.receive(some("shop", 600), TRACING);
  exporter.receive(some("tea", 1), { ...TRACING, delayMs: 1_000_000 });
  await exporter.close();
  assert.deepEqual([seen.exported, seen.dropped], [601, 0]);
});

test("nothing is kept for a collector that is not configured any more", async () => {
  const { exporter, seen } = exporterOf([]);
  exporter.receive(some("shop", 2), { ...TRACING, endpoint: null });
  await exporter.close();
  assert.deepEqual([seen.texts.length, seen.dropped], [0, 2]);
});
