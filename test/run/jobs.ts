// What there is to run: the linter, the TypeScript projects, and each test file.

import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runCommand } from "./command.ts";
import type { JobResult } from "./report.ts";
import { runTestFile } from "./test-file.ts";

export interface Job {
  readonly name: string;
  run(): Promise<JobResult>;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

const BIOME = "node_modules/@biomejs/biome/bin/biome";
const TSC = "node_modules/typescript/bin/tsc";

export function allJobs({ soak }: { soak: boolean }): Job[] {
  const files = globSync("test/**/*.test.ts", { cwd: root })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => soak || !file.startsWith("test/soak/"))
    .sort();
  return [
    command("lint", [BIOME, "check", "--error-on-warnings", "--max-diagnostics=100", "."]),
    command("types: src, test, bench", [TSC, "-p", "tsconfig.json"]),
    command("types: sdk, scripts", [TSC, "-p", "tsconfig.scripts.json"]),
    command("types: dashboard", [TSC, "-p", "dashboard"]),
    ...files.map((file) => ({ name: file, run: () => runTestFile(root, file) })),
    ...(soak ? IN_CELLS : IN_CELLS.slice(0, QUICK)).map((name) => {
      const file = `test/life/${name}.test.ts`;
      const run = () => runTestFile(root, file, { env: { LIFE_ISOLATION: "process" } });
      return { name: `${file} in cells`, run };
    }),
    ...(soak ? [...OVER_HTTP2, ...SOAK_OVER_HTTP2] : OVER_HTTP2).map((name) => {
      const file = `test/${name}.test.ts`;
      const run = () => runTestFile(root, file, { env: { LIFE_PROTOCOL: "2" } });
      return { name: `${file} over HTTP/2`, run };
    }),
    ...(soak ? OVER_HTTP2 : []).map((name) => {
      const file = `test/${name}.test.ts`;
      const env = { LIFE_PROTOCOL: "2", LIFE_ISOLATION: "process" };
      return { name: `${file} in cells, over HTTP/2`, run: () => runTestFile(root, file, { env }) };
    }),
  ];
}

/**
 * Files about the life of a request that run once more with their scripts in cells: what differs
 * between the lanes is a defect. Only the first of them belong to every run.
 */
const IN_CELLS = [
  "phases-order",
  "phases-logging",
  "phases-answers",
  "phases-counters",
  "phases-failures",
  "phases-peer",
  "phases-retry",
  "body-hooks",
  "browser",
  "ctx-example",
  "error-pages",
  "grpc",
  "http2",
  "interim",
  "long-hooks",
  "routes-script",
  "slow-end",
  "targets",
  "web-oracle",
  "websocket",
] as const;
const QUICK = 2;

/**
 * Files about hooks, failures and attacks that run once more with clients that speak HTTP/2; among
 * the long tests with scripts in cells, too.
 */
const OVER_HTTP2 = [
  "life/phases-order",
  "life/phases-failures",
  "life/phases-peer",
  "life/body-hooks",
  "life/phases-answers",
  "life/phases-logging",
  "hostile/header-injection",
  "hostile/lookalike-headers",
  "hostile/unknown-client",
] as const;

/** Those in which the client's protocol is far from what is attacked, or that take long. */
const SOAK_OVER_HTTP2 = [
  "hostile/cells",
  "hostile/coded-responses",
  "hostile/huge-error",
  "hostile/huge-response",
  "hostile/large-ctx",
  "hostile/log-flood",
  "hostile/loop-without-via",
  "hostile/operators-layer",
  "hostile/request-body-readers",
  "hostile/thrown-getters",
  "hostile/withheld-body",
  "soak/hostile-cells",
] as const;

const command = (name: string, args: string[]): Job => ({
  name,
  run: () => runCommand(root, name, args),
});
