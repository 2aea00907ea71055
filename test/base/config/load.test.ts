// What a configuration becomes. What is said of a wrong one is in mistakes.test.ts.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { describe, it } from "node:test";
import {
  ConfigError,
  defaultConfig,
  loadConfig,
  parseConfig,
} from "../../../src/base/config/load.ts";
import { formatProblem } from "../../../src/base/config/problems.ts";
import { limitsOf } from "../../../src/base/config/tenant-limits.ts";
import type { Config } from "../../../src/base/config/types.ts";
import { LIMITS } from "../../../src/base/limits.ts";

// Scripts are looked for beside the file: this test is the one script that surely exists.
const FILE = join(import.meta.dirname, "sluice.yaml");
const SCRIPT = basename(import.meta.filename);

const accepted = (text: string): Config => {
  const result = parseConfig(text, FILE);
  if ("problems" in result) assert.fail(result.problems.map(formatProblem).join("\n"));
  return result.config;
};

const tenant = (lines: string): string =>
  `tenants:
  demo:
    hosts: [a.example.com]
    upstreams: { one: { peers: ["127.0.0.1:9001"] } }
${lines}`;

describe("parseConfig", () => {
  it("sheds requests by default where a loop is late or memory is short", () => {
    const { overload } = accepted("{}");
    assert.deepEqual(overload, { lagMs: 1_000, requests: 0, memoryPercent: 90 });
  });

  it("fills in every default", () => {
    const upstreams = "upstreams: { a: { peers: ['o:80'] } }";
    const config = accepted(`tenants: { demo: { hosts: ['*'], ${upstreams} } }`);
    assert.deepEqual(config.limits, {
      headBytes: 32_768,
      ...{ headers: 200, responseBytesPerSecond: 240 },
      targetBytes: 16_384,
      ...{ bodyBytes: Number.POSITIVE_INFINITY, bodyBytesPerSecond: 240 },
      ...{ connections: 20_000, connectionsPerAddress: 0, handshakesPerSecond: 500 },
    });
    assert.deepEqual(config.timeouts, {
      handshakeMs: 10_000,
      headMs: 10_000,
      bodyIdleMs: 30_000,
      keepAliveMs: 75_000,
      clientWriteMs: 30_000,
      shutdownMs: 30_000,
      drainMs: 60_000,
      prepareMs: 30_000,
    });
    assert.ok(config.workers >= 1 && config.workers <= 256);
    assert.deepEqual(config.log, { level: "info", access: "json", keep: 50, slowMs: 1_000 });
    assert.deepEqual(config.tenants, [
      {
        name: "demo",
        hosts: ["*"],
        isolation: "inline",
        isolationGroup: "default",
        script: null,
        onScriptError: "fail-closed",
        env: {},
        limits: limitsOf({}, {}),
        maxRetries: 1,
        ...{ requestsAtOnce: 20_000, compression: null },
        upgrades: ["websocket"],
        abortOnHalfClose: false,
        rollback: { automatic: true, windowMs: 60_000, minRequests: 20, errorPercent: 5 },
        breaker: { failurePercent: 90, minRequests: 50, openMs: 5_000 },
        egress: [],
        upstreams: [
          {
            name: "a",
            peers: [
              {
                ...{ address: "o:80", host: "o", port: 80, socketPath: null },
                ...{ weight: 1, priority: 0, transport: "sluice", protocol: "http1", tls: null },
              },
            ],
            connectTimeoutMs: 5_000,
            responseTimeoutMs: 60_000,
            idleTimeoutMs: 55_000,
            balance: {
              algorithm: "round-robin",
              hash: { by: "address", name: "", boundPercent: 0 },
              sticky: null,
              slowStartMs: 0,
              ...{ requestsMax: 0, connectionsMax: 0 },
              queue: { max: 1_024, timeoutMs: 5_000 },
              retryBudget: null,
            },
            ...{ resolve: null, proxyProtocol: false },
            ...{ health: null, ejection: null, panicPercent: 50 },
          },
        ],
        defaultUpstream: "a",
        policy: null,
        ...{ clientCertificates: null, acme: true },
      },
    ]);
  });

  it("takes addresses apart, lower-cases hosts, and makes the script's path absolute", () => {
    const config = accepted(`
listeners: [{ address: "[0:0::1]:8080" }, { address: 0.0.0.0:0 }]
trustedProxies: [10.0.0.0/8, "::1"]
tenants:
  demo:
    hosts: [A.Example.com, "*.Example.COM"]
    script: ./${SCRIPT}
`);
    assert.deepEqual(config.listeners, [
      { address: "[::1]:8080", host: "::1", port: 8080, tls: null, http2: false, proxies: [] },
      { address: "0.0.0.0:0", host: "0.0.0.0", port: 0, tls: null, http2: false, proxies: [] },
    ]);
    assert.deepEqual(config.trustedProxies, [
      { address: "10.0.0.0", prefix: 8, family: "ipv4" },
      { address: "::1", prefix: 128, family: "ipv6" },
    ]);
    assert.equal(config.file, FILE);
    assert.deepEqual(config.tenants[0]?.hosts, ["a.example.com", "*.example.com"]);
    assert.equal(config.tenants[0]?.script, import.meta.filename);
    assert.equal(config.tenants[0]?.defaultUpstream, null);
  });

  it("lets a peer override its group's transport", () => {
    const config = accepted(
      tenant("").replace(
        'peers: ["127.0.0.1:9001"]',
        'transport: undici, peers: ["a:1", { address: "b:2", transport: sluice, weight: 3 }]',
      ),
    );
    const peers = config.tenants[0]?.upstreams[0]?.peers ?? [];
    assert.deepEqual(
      peers.map(({ address, weight, transport }) => [address, weight, transport]),
      [
        ["a:1", 1, "undici"],
        ["b:2", 3, "sluice"],
      ],
    );
  });

  it("gives plain data that can be posted to a worker thread", () => {
    const config = accepted(tenant("    env: { A: b }\n"));
    assert.deepEqual(structuredClone(config), config);
  });

  it("takes a file of comments for all defaults", () => {
    const { store, node, cutOffSign, ...rest } = accepted("# nothing\n");
    const { store: _, node: _node, cutOffSign: _sign, ...defaults } = defaultConfig();
    const own = { data: join(dirname(FILE), "data"), name: hostname() };
    assert.deepEqual(node, { ...own, address: null, ca: null, staleMsMax: null });
    assert.deepEqual({ ...rest, file: null }, defaults);
    assert.match(cutOffSign ?? "", /sluice\.yaml:1:1: expected the key tenants/);
    const path = join(dirname(FILE), "data/sluice.db");
    assert.deepEqual(store, { kind: "sqlite", path, isDefault: true });
  });

  it("says of a file that may have been cut off why", () => {
    const whole = tenant("    env: { A: b }\n");
    assert.equal(accepted(whole).cutOffSign, null);
    assert.match(accepted(whole.trimEnd()).cutOffSign ?? "", /:\d+:\d+: expected a line break/);
    assert.equal(accepted("tenants: {}\n").cutOffSign, null);
  });

  it("finds the store and the keys of secrets beside the file", () => {
    const { store, secrets } = accepted("store: sqlite:kept.db\nsecrets: { keyFile: a.key }\n");
    const folder = dirname(FILE);
    assert.deepEqual(store, { kind: "sqlite", path: join(folder, "kept.db"), isDefault: false });
    assert.deepEqual(secrets, { keyFile: join(folder, "a.key"), keyEnv: null });
    assert.deepEqual(accepted("store: none\n").store, { kind: "none" });
  });

  it("resolves aliases, and reports a mistake where the shared text stands", () => {
    const shared = "hosts: [a.b]\n    upstreams: &u { one: { peers: ['x:1'] } }\n";
    const text = `tenants:\n  a:\n    ${shared}  b:\n    hosts: [c.d]\n    upstreams: *u\n`;
    assert.equal(accepted(text).tenants[1]?.upstreams[0]?.peers[0]?.address, "x:1");
    const result = parseConfig(text.replace("x:1", "x:0"), FILE);
    const problems = "problems" in result ? result.problems : [];
    assert.deepEqual(
      problems.map(({ line, column, where }) => [line, column, where]),
      [
        [4, 36, "tenants.a.upstreams.one.peers[0]"],
        [4, 36, "tenants.b.upstreams.one.peers[0]"],
      ],
    );
  });
});

describe("loadConfig", () => {
  const withFolder = (use: (folder: string) => void): void => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-config-"));
    try {
      use(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it("reads a file, and finds its scripts beside it", () => {
    withFolder((folder) => {
      writeFileSync(join(folder, "edge.ts"), "export default {};\n");
      writeFileSync(join(folder, "a.yaml"), "tenants: { t: { hosts: [a], script: edge.ts } }\n");
      const config = loadConfig(join(folder, "a.yaml"));
      assert.equal(config.tenants[0]?.script, join(folder, "edge.ts"));
    });
  });

  it("throws one error whose message has every problem on a line of its own", () => {
    withFolder((folder) => {
      const file = join(folder, "a.yaml");
      writeFileSync(file, "workers: 0\nlog: { access: no }\n");
      const problems = [
        `${file}:1:10: workers: expected an integer from 1 to 256, got 0`,
        `${file}:2:16: log.access: expected one of off, json, pretty, got "no"`,
      ];
      assert.throws(
        () => loadConfig(file),
        (error) => error instanceof ConfigError && error.message === problems.join("\n"),
      );
    });
  });

  it("says so when the file cannot be read or is too large", () => {
    withFolder((folder) => {
      const none = join(folder, "none.yaml");
      assert.throws(() => loadConfig(none), /none\.yaml:1:1: expected a readable file, got ENOENT/);
      assert.throws(() => loadConfig(folder), /expected a readable file, got EISDIR/);
      const large = join(folder, "large.yaml");
      writeFileSync(large, "#".repeat(LIMITS.configFileBytes + 1));
      assert.throws(() => loadConfig(large), /large\.yaml:1:1: expected at most/);
    });
  });
});
