// What checks, makes and changes values.

import type { PackageCase } from "./package-case.ts";

export const DATA: readonly PackageCase[] = [
  {
    packages: ["zod@4.6.7"],
    imports: 'import { email, object, string } from "zod/mini";',
    does: 'object({ to: email(), name: string() }).safeParse({ to: "a@b.example", name: 1 }).error.issues[0].path',
    gives: ["name"],
  },
  {
    packages: ["valibot@1.5.0"],
    imports: 'import * as v from "valibot";',
    does: 'v.safeParse(v.object({ to: v.pipe(v.string(), v.email()) }), { to: "x" }).success',
    gives: false,
  },
  {
    packages: ["arktype@2.2.10"],
    imports: 'import { type } from "arktype";',
    does: 'type({ age: "number.integer >= 18" })({ age: 17 }).toString()',
    gives: "age must be at least 18 (was 17)",
  },
  {
    packages: ["superstruct@2.0.2"],
    imports: 'import { is, number, object } from "superstruct";',
    does: "is({ n: 1 }, object({ n: number() }))",
    gives: true,
  },
  {
    packages: ["yup@1.7.1"],
    imports: 'import { number, object } from "yup";',
    does: "object({ n: number().required().max(5) }).validate({ n: 6 }).catch(({ errors }) => errors)",
    gives: ["n must be less than or equal to 5"],
  },
  {
    packages: ["@sinclair/typebox@0.34.52"],
    imports: `import { Type } from "@sinclair/typebox";
      import { Value } from "@sinclair/typebox/value";`,
    does: "Value.Check(Type.Object({ n: Type.Number() }), { n: 1 })",
    gives: true,
  },
  {
    packages: ["lodash-es@4.18.1"],
    imports: 'import { groupBy } from "lodash-es";',
    does: "groupBy([1, 2, 3], (n) => n % 2)",
    gives: { 0: [2], 1: [1, 3] },
  },
  {
    packages: ["lodash@4.18.1"],
    imports: 'import _ from "lodash";',
    does: '_.chain({ a: { b: 1 } }).get("a.b").value()',
    gives: 1,
  },
  {
    packages: ["ramda@0.32.0"],
    imports: 'import { pipe, map, sum } from "ramda";',
    does: "pipe(map((n) => n * 2), sum)([1, 2])",
    gives: 6,
  },
  {
    packages: ["remeda@2.62.2"],
    imports: 'import { filter, pipe, take } from "remeda";',
    does: "pipe([1, 2, 3, 4], filter((n) => n % 2 === 0), take(1))",
    gives: [2],
  },
  {
    packages: ["immer@11.2.13"],
    imports: 'import { produce } from "immer";',
    does: "produce({ a: [1] }, (draft) => { draft.a.push(2); })",
    gives: { a: [1, 2] },
  },
  {
    packages: ["date-fns@4.4.0"],
    imports: 'import { addDays, format } from "date-fns";',
    does: 'format(addDays(new Date(2026, 1, 27), 3), "yyyy-MM-dd")',
    gives: "2026-03-02",
  },
  {
    packages: ["dayjs@1.11.23"],
    imports: `import dayjs from "dayjs";
      import timezone from "dayjs/plugin/timezone";
      import utc from "dayjs/plugin/utc";`,
    does: `(() => {
      dayjs.extend(utc);
      dayjs.extend(timezone);
      return dayjs("2026-07-01T12:00:00Z").tz("Europe/Vienna").format("HH:mm");
    })()`,
    gives: "14:00",
  },
  {
    packages: ["luxon@3.7.2"],
    imports: 'import { DateTime } from "luxon";',
    does: 'DateTime.fromISO("2026-07-01T12:00:00Z", { zone: "America/New_York" }).toFormat("HH:mm")',
    gives: "08:00",
  },
  {
    packages: ["superjson@2.2.7"],
    imports: 'import superjson from "superjson";',
    does: "superjson.parse(superjson.stringify({ a: new Set([1]), b: new Date(0) })).a.size",
    gives: 1,
  },
  {
    packages: ["devalue@6.0.3"],
    imports: 'import { parse, stringify } from "devalue";',
    does: "[...parse(stringify(new Map([[1, 2]])))]",
    gives: [[1, 2]],
  },
  {
    packages: ["yaml@2.9.1"],
    imports: 'import { parse, stringify } from "yaml";',
    does: '[parse("a: [1, 2]"), stringify({ b: true })]',
    gives: [{ a: [1, 2] }, "b: true\n"],
  },
  {
    packages: ["js-yaml@5.5.0"],
    imports: 'import { load } from "js-yaml";',
    does: 'load("a: {b: 1}")',
    gives: { a: { b: 1 } },
  },
  {
    packages: ["smol-toml@1.9.1"],
    imports: 'import { parse } from "smol-toml";',
    does: `parse('[a]\\nb = "c"')`,
    gives: { a: { b: "c" } },
  },
  {
    packages: ["fast-xml-parser@5.12.1"],
    imports: 'import { XMLParser } from "fast-xml-parser";',
    does: 'new XMLParser().parse("<a><b>1</b><b>2</b></a>")',
    gives: { a: { b: [1, 2] } },
  },
  {
    packages: ["@msgpack/msgpack@3.1.3"],
    imports: 'import { decode, encode } from "@msgpack/msgpack";',
    does: 'decode(encode({ a: [1, "ü"] }))',
    gives: { a: [1, "ü"] },
  },
  {
    packages: ["protobufjs@8.8.1"],
    imports: 'import { Reader, Writer } from "protobufjs/minimal.js";',
    does: `(() => {
      const reader = Reader.create(Writer.create().uint32(10).string("text").finish());
      return [reader.uint32(), reader.string()];
    })()`,
    gives: [10, "text"],
  },
  {
    packages: ["papaparse@5.7.1"],
    imports: 'import Papa from "papaparse";',
    does: `Papa.parse('a,b\\n1,"x,y"', { header: true }).data`,
    gives: [{ a: "1", b: "x,y" }],
  },
  {
    packages: ["csv-parse@7.0.3"],
    imports: 'import { parse } from "csv-parse/browser/esm/sync";',
    does: `parse('a,b\\n1,2', { columns: true })`,
    gives: [{ a: "1", b: "2" }],
  },
  {
    packages: ["big.js@7.0.1"],
    imports: 'import Big from "big.js";',
    does: "new Big(0.1).plus(0.2).toString()",
    gives: "0.3",
  },
  {
    packages: ["semver@7.8.6"],
    imports: 'import semver from "semver";',
    does: 'semver.satisfies("1.2.3", "^1.0.0")',
    gives: true,
  },
  {
    packages: ["lru-cache@11.5.3"],
    imports: 'import { LRUCache } from "lru-cache";',
    does: `(() => {
      const cache = new LRUCache({ max: 2, ttl: 1_000 });
      for (const key of ["a", "b", "c"]) cache.set(key, key);
      return [...cache.keys()];
    })()`,
    gives: ["c", "b"],
  },
  {
    packages: ["mitt@3.0.1"],
    imports: 'import mitt from "mitt";',
    does: `(() => {
      const got = [];
      const events = mitt();
      events.on("a", (value) => got.push(value));
      events.emit("a", 1);
      return got;
    })()`,
    gives: [1],
  },
  {
    packages: ["neverthrow@8.2.0"],
    imports: 'import { ok } from "neverthrow";',
    does: "ok(1).map((n) => n + 1).unwrapOr(0)",
    gives: 2,
  },
  {
    packages: ["jmespath@0.16.0"],
    imports: 'import jmespath from "jmespath";',
    does: 'jmespath.search({ a: [{ b: 1 }, { b: 2 }] }, "a[*].b")',
    gives: [1, 2],
  },
  {
    packages: ["drizzle-orm@0.45.4"],
    imports: `import { drizzle } from "drizzle-orm/pg-proxy";
      import { pgTable, text } from "drizzle-orm/pg-core";
      import { eq } from "drizzle-orm";`,
    does: `(() => {
      const users = pgTable("users", { name: text() });
      const db = drizzle(async () => ({ rows: [["Ann"]] }));
      return db.select().from(users).where(eq(users.name, "Ann"));
    })()`,
    gives: [{ name: "Ann" }],
  },
  {
    packages: ["joi@18.3.2"],
    imports: 'import Joi from "joi";',
    does: 'Joi.object({ a: Joi.number() }).validate({ a: "x" }).error.details[0].path',
    gives: ["a"],
  },
  {
    packages: ["jsonpath-plus@10.4.0"],
    imports: 'import { JSONPath } from "jsonpath-plus";',
    does: 'JSONPath({ path: "$.a[?(@.b > 1)].b", json: { a: [{ b: 1 }, { b: 2 }] } })',
    gives: [2],
  },
  {
    packages: ["cbor-x@1.6.9"],
    imports: 'import { decode, encode } from "cbor-x";',
    does: 'decode(encode({ a: [1, "ü"] }))',
    gives: { a: [1, "ü"] },
  },
];
