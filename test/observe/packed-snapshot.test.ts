// A snapshot on its way between threads: what comes out is what went in.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics, type MetricsSnapshot } from "../../src/observe/metrics.ts";
import { pack, Unpacker } from "../../src/observe/packed-snapshot.ts";
import { fc } from "../support/property.ts";

const seen = (snapshot: MetricsSnapshot) =>
  snapshot.map(({ name, labels, key, values }) => ({ name, labels, key, values: [...values] }));

test("whatever is counted between two of them, each comes out as it went in", () => {
  const label = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("\n", "[", '"]', "shop"));
  const event = fc.record({ kind: fc.nat(3), label, value: fc.nat(100) });
  fc.assert(
    fc.property(fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 6 }), (steps) => {
      const metrics = new Metrics();
      const unpacker = new Unpacker();
      for (const events of steps) {
        for (const { kind, label, value } of events) {
          if (kind === 0) metrics.counter("sluice_requests_total", label, "200").add(value);
          else if (kind === 1) metrics.gauge("sluice_tenant_heap_bytes", label).set(value);
          else if (kind === 2) metrics.clear("sluice_tenant_heap_bytes");
          else {
            const name = "sluice_tenant_request_duration_seconds";
            metrics.histogram(name, label).observe(value / 10);
          }
        }
        const packed = structuredClone(pack(metrics.snapshot()));
        assert.deepEqual(seen(unpacker.unpack(packed)), seen(metrics.snapshot()));
      }
    }),
  );
});

test("labels stay the same lists from one to the next, so that what is made of them is kept", () => {
  const metrics = new Metrics();
  metrics.counter("sluice_retries_total", "shop").add();
  const unpacker = new Unpacker();
  const labels = unpacker.unpack(pack(metrics.snapshot()))[0]?.labels;
  metrics.counter("sluice_retries_total", "tea").add();
  metrics.counter("sluice_retries_total", "shop").add();
  const [shop] = unpacker.unpack(pack(metrics.snapshot()));
  assert.equal(shop?.labels, labels);
  assert.deepEqual([...(shop?.values ?? [])], [2]);
});
