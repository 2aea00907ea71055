// Positions hold for any layout: a mistake put anywhere into a configuration, written in any YAML
// style, is reported at the very place where it stands.

import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Document, isCollection, isScalar, visit } from "yaml";
import { parseConfig } from "../../../src/base/config/load.ts";
import { fc } from "../../support/property.ts";

const FILE = join(import.meta.dirname, "sluice.yaml");
const WRONG = "wrong value !";
const STRANGE = "strangeKey";

const valid = () => ({
  listeners: [{ address: "127.0.0.1:8080" }, { address: "[::1]:8080" }],
  admin: { address: "127.0.0.1:9090" },
  workers: 2,
  log: { level: "warn", access: "off" },
  trustedProxies: ["10.0.0.0/8"],
  timeouts: { headMs: 1_000, shutdownMs: 1_000 },
  limits: { headBytes: 4_096, connections: 10 },
  tenants: {
    one: {
      hosts: ["a.example.com", "*.example.com"],
      onScriptError: "fail-open",
      limits: { hookMs: 20, memoryMiB: 32 },
      maxRetries: 2,
      upstreams: {
        stable: { peers: ["a:1", { address: "b:2", weight: 7 }], connectTimeoutMs: 100 },
        beta: { peers: [{ address: "c:3", transport: "undici" }] },
      },
      defaultUpstream: "stable",
    },
    two: { hosts: ["*"], upstreams: { only: { peers: ["d:4"] } } },
  },
});

/** The same value as text, in a layout chosen by `seeds`: block or flow, comments, blank lines. */
const layOut = (document: Document, seeds: readonly number[]): string => {
  let index = 0;
  const next = () => seeds[index++ % seeds.length] ?? 0;
  visit(document, {
    Node: (_key, node) => {
      const seed = next();
      if (isCollection(node)) node.flow = seed % 3 === 0;
      if (isScalar(node) && typeof node.value === "string" && seed % 4 === 1) {
        node.type = "QUOTE_SINGLE";
      }
      if (seed % 5 === 2) node.commentBefore = ` comment ${seed}`;
      if (seed % 5 === 3) node.spaceBefore = true;
    },
  });
  return document.toString({ indent: 2 + (next() % 3), lineWidth: 0 });
};

const positionOf = (text: string, token: string): string => {
  const offset = text.indexOf(token);
  const before = text.slice(0, offset).split("\n");
  const isQuoted = /['"]/.test(text[offset - 1] ?? "");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1 - (isQuoted ? 1 : 0)}`;
};

/** Replaces the value of the `nth` scalar that is no key. */
const spoilValue = (document: Document, nth: number): void => {
  const scalars: { value: unknown }[] = [];
  visit(document, {
    Scalar: (key, node) => {
      if (key !== "key") scalars.push(node);
    },
  });
  const scalar = scalars[nth % scalars.length];
  if (scalar !== undefined) scalar.value = WRONG;
};

/** Adds a key to the `nth` mapping that has fixed keys. */
const addKey = (document: Document, nth: number): void => {
  const free = new Set([
    document.getIn(["tenants"]),
    document.getIn(["tenants", "one", "upstreams"]),
  ]);
  free.add(document.getIn(["tenants", "two", "upstreams"]));
  const mappings: { set(key: string, value: unknown): void }[] = [];
  visit(document, {
    Map: (_key, node) => {
      if (!free.has(node)) mappings.push(node);
    },
  });
  mappings[nth % mappings.length]?.set(STRANGE, 1);
};

const problemsOf = (text: string) => {
  const result = parseConfig(text, FILE);
  return "problems" in result ? result.problems : [];
};

const layout = fc.array(fc.nat(60), { minLength: 30, maxLength: 120 });

describe("parseConfig, for any layout of the file,", () => {
  it("accepts what is valid", () => {
    fc.assert(
      fc.property(layout, (seeds) => {
        assert.deepEqual(problemsOf(layOut(new Document(valid()), seeds)), []);
      }),
      { numRuns: 50 },
    );
  });

  it("reports a wrong value where it stands", () => {
    fc.assert(
      fc.property(layout, fc.nat(), (seeds, nth) => {
        const document = new Document(valid());
        spoilValue(document, nth);
        const text = layOut(document, seeds);
        const places = problemsOf(text).map(({ line, column }) => `${line}:${column}`);
        assert.ok(places.includes(positionOf(text, WRONG)), `${places}\n${text}`);
      }),
      { numRuns: 100 },
    );
  });

  it("reports an unknown key where it stands, and nothing else", () => {
    fc.assert(
      fc.property(layout, fc.nat(), (seeds, nth) => {
        const document = new Document(valid());
        addKey(document, nth);
        const text = layOut(document, seeds);
        const problems = problemsOf(text);
        const places = problems.map(({ line, column }) => `${line}:${column}`);
        assert.deepEqual(places, [positionOf(text, STRANGE)], text);
        assert.match(problems[0]?.text ?? "", /^expected one of .*, got "strangeKey"$/);
      }),
      { numRuns: 100 },
    );
  });

  it("never throws, whatever the text, and every problem is inside the file", () => {
    const yamlish = fc.string({
      unit: fc.constantFrom(..."abc:-[]{},&*!|>'\"%@# \n\t1?~", "tenants", "hosts", "<<", "\u2028"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(yamlish, (text) => {
        const lines = text.split(/\n/);
        for (const { line, column } of problemsOf(text)) {
          assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${JSON.stringify(text)}`);
          assert.ok(column >= 1 && column <= (lines[line - 1]?.length ?? 0) + 1);
        }
      }),
      { numRuns: 500 },
    );
  });
});
