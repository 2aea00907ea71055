// How the bench reads V8's CPU profiles.

import assert from "node:assert/strict";
import { test } from "node:test";
import { byFile, summariseProfile } from "../../bench/cpu-profile.ts";

test("functions are sorted by the time that they spent in themselves during the run", () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
  const profile = {
    startTime: 1000,
    nodes: [
      { id: 1, callFrame: frame("(idle)", "") },
      { id: 2, callFrame: frame("read", "file:///src/http1/head.ts") },
      { id: 3, callFrame: frame("write", "file:///src/http1/write.ts") },
      { id: 4, callFrame: frame("read", "file:///src/http1/head.ts") },
    ],
    samples: [3, 1, 2, 3, 4, 3, 2],
    timeDeltas: [90, 600, 100, 150, 110, 50, 1000],
  };
  const stretch = { fromMicros: 1100, toMicros: 2200 };
  const summary = summariseProfile(profile, stretch, "file:///");
  assert.equal(summary.busyMicros, 410, "neither idle time nor what came before or after");
  assert.deepEqual(summary.functions, [
    { name: "read", place: "src/http1/head.ts:10", selfMicros: 210 },
    { name: "write", place: "src/http1/write.ts:10", selfMicros: 200 },
  ]);
  assert.deepEqual(byFile(summary.functions)[1], {
    name: "src/http1/write.ts",
    place: "",
    selfMicros: 200,
  });
});
