// Packages that cannot work, each with the reason. One that begins to work fails the test, as does
// one that is refused in other words.

import type { RefusedCase } from "./package-case.ts";

const NO_CODE =
  /^EvalError: Cannot make code from strings \(Function\): expected code of the bundle$/;

/** The package imports that part of Node.js, for which its author is told what to use. */
const ofNode = (name: string, instead: string): RegExp =>
  new RegExp(`Cannot import "${name}": it is part of Node\\.js: ${instead}`);

export const REFUSED: readonly RefusedCase[] = [
  {
    packages: ["jsonwebtoken@9.0.3"],
    imports: 'import jwt from "jsonwebtoken";',
    does: 'jwt.sign({ sub: "ann" }, "secret")',
    at: "bundling",
    says: ofNode("crypto", "use the global crypto: crypto\\.subtle"),
    because: "It stands on Node's crypto and streams; jose does the same with the web's.",
  },
  {
    packages: ["etag@1.8.1"],
    imports: 'import etag from "etag";',
    does: 'etag("body")',
    at: "bundling",
    says: ofNode("crypto", "use the global crypto: crypto\\.subtle"),
    because: "It hashes with Node's crypto; crypto.subtle.digest makes a tag of a body.",
  },
  {
    packages: ["accepts@2.0.0"],
    imports: 'import accepts from "accepts";',
    does: 'accepts({ headers: { accept: "text/html" } }).type(["html"])',
    at: "bundling",
    says: ofNode("path", "paths of URLs are text: use URL"),
    because: "Its mime-types asks Node's path for an extension; negotiator, under it, works.",
  },
  {
    packages: ["find-my-way@9.10.2"],
    imports: 'import router from "find-my-way";',
    does: "router()",
    at: "bundling",
    says: ofNode("node:assert", "throw an Error"),
    because: "It is a router of Node servers; hono and itty-router are made for the web.",
  },
  {
    packages: ["micromatch@4.0.8"],
    imports: 'import micromatch from "micromatch";',
    does: 'micromatch.isMatch("a/b", "a/*")',
    at: "bundling",
    says: ofNode("util", "use structuredClone"),
    because: "It has no build without Node's util; picomatch, under it, works.",
  },
  {
    packages: ["pg@8.23.1"],
    imports: 'import pg from "pg";',
    does: "new pg.Client()",
    at: "bundling",
    says: ofNode("dns", "use fetch"),
    because: "A script has no sockets: databases are asked by HTTP.",
  },
  {
    packages: ["postgres@3.4.9"],
    imports: 'import postgres from "postgres";',
    does: "postgres()",
    at: "bundling",
    says: ofNode("net", "use fetch"),
    because: "A script has no sockets: databases are asked by HTTP.",
  },
  {
    packages: ["mysql2@3.24.6"],
    imports: 'import mysql from "mysql2/promise";',
    does: "mysql.createConnection({})",
    at: "bundling",
    says: ofNode("crypto", "use the global crypto"),
    because: "A script has no sockets: databases are asked by HTTP.",
  },
  {
    packages: ["redis@6.3.1"],
    imports: 'import { createClient } from "redis";',
    does: "createClient()",
    at: "bundling",
    says: ofNode("net", "use fetch"),
    because: "A script has no sockets: @upstash/redis asks by HTTP.",
  },
  {
    packages: ["ajv@8.20.0"],
    imports: 'import { Ajv } from "ajv";',
    does: 'new Ajv().compile({ type: "object" })({})',
    at: "call",
    says: /^EvalError: .* \(Function\)/,
    because: "It compiles schemas to code when they are used; its standalone code works.",
  },
  {
    packages: ["handlebars@4.7.10"],
    imports: 'import Handlebars from "handlebars";',
    does: 'Handlebars.compile("{{a}}")({ a: 1 })',
    at: "call",
    says: NO_CODE,
    because: "It compiles templates to code when they are used; precompiled ones work.",
  },
  {
    packages: ["eta@4.6.0"],
    imports: 'import { Eta } from "eta/core";',
    does: 'new Eta().renderString("<%= it.a %>", { a: 1 })',
    at: "call",
    says: NO_CODE,
    because: "It compiles templates to code when they are used; mustache interprets them.",
  },
  {
    packages: ["protobufjs@8.8.1"],
    imports: 'import protobuf from "protobufjs";',
    does: `protobuf.parse('syntax = "proto3"; message M { string a = 1; }').root.lookupType("M")
      .encode({ a: "x" }).finish()`,
    at: "call",
    says: NO_CODE,
    because: "It makes code of message types; code that was generated before works (minimal).",
  },
];
