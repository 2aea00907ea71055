// Routers, and what reads and writes fields of messages.

import type { PackageCase } from "./package-case.ts";

export const HTTP: readonly PackageCase[] = [
  {
    packages: ["hono@4.13.19"],
    imports: `import { Hono } from "hono";
      import { cors } from "hono/cors";
      import { jwt, sign } from "hono/jwt";`,
    does: `(async () => {
      const app = new Hono().use(cors()).use("/in/*", jwt({ secret: "s", alg: "HS256" }));
      app.get("/in/:id", (c) => c.json({ id: c.req.param("id"), sub: c.get("jwtPayload").sub }));
      const token = await sign({ sub: "ann" }, "s", "HS256");
      const headers = { authorization: "Bearer " + token };
      return [await (await app.request("/in/7", { headers })).json(),
        (await app.request("/in/7")).status];
    })()`,
    gives: [{ id: "7", sub: "ann" }, 401],
  },
  {
    packages: ["itty-router@5.0.24"],
    imports: 'import { AutoRouter } from "itty-router";',
    does: `AutoRouter().get("/users/:id", ({ params }) => ({ id: params.id }))
      .fetch(new Request("https://a.example/users/7")).then((r) => r.json())`,
    gives: { id: "7" },
  },
  {
    packages: ["path-to-regexp@9.0.0"],
    imports: 'import { match } from "path-to-regexp";',
    does: 'match("/users/:id")("/users/7").params',
    gives: { id: "7" },
  },
  {
    packages: ["urlpattern-polyfill@10.1.0"],
    imports: 'import { URLPattern as Pattern } from "urlpattern-polyfill/urlpattern";',
    does: 'new Pattern({ pathname: "/users/:id" }).exec("https://a.example/users/7").pathname.groups',
    gives: { id: "7" },
  },
  {
    packages: ["cookie@1.1.1"],
    imports: 'import { parseCookie, stringifySetCookie } from "cookie";',
    does: '[parseCookie("a=1; b=2"), stringifySetCookie({ name: "a", value: "ü", path: "/" })]',
    gives: [{ a: "1", b: "2" }, "a=%C3%BC; Path=/"],
  },
  {
    packages: ["set-cookie-parser@3.2.3"],
    imports: 'import { parseSetCookie } from "set-cookie-parser";',
    does: 'parseSetCookie(["a=1; Path=/; HttpOnly"])',
    gives: [{ name: "a", value: "1", path: "/", httpOnly: true }],
  },
  {
    packages: ["tough-cookie@6.1.0"],
    imports: 'import { CookieJar } from "tough-cookie";',
    does: `(async () => {
      const jar = new CookieJar();
      await jar.setCookie("a=1; Path=/in", "https://a.example/");
      return await Promise.all(["/in", "/"].map((p) => jar.getCookieString("https://a.example" + p)));
    })()`,
    gives: ["a=1", ""],
  },
  {
    packages: ["content-type@2.1.0"],
    imports: 'import { parse } from "content-type";',
    does: 'parse("text/html; charset=utf-8")',
    gives: { type: "text/html", index: 24, parameters: { charset: "utf-8" } },
  },
  {
    packages: ["negotiator@1.1.0"],
    imports: 'import Negotiator from "negotiator";',
    does: `new Negotiator({ headers: { "accept-language": "de;q=0.5, en" } }).languages(["de", "en"])`,
    gives: ["en", "de"],
  },
  {
    packages: ["accept-language-parser@1.5.0"],
    imports: 'import parser from "accept-language-parser";',
    does: 'parser.pick(["fr-CA", "fr-FR"], "en-GB,fr-FR;q=0.9")',
    gives: "fr-FR",
  },
  {
    packages: ["range-parser@1.3.0"],
    imports: 'import parseRange from "range-parser";',
    does: '[...parseRange(1000, "bytes=0-99,-10")]',
    gives: [
      { start: 0, end: 99 },
      { start: 990, end: 999 },
    ],
  },
  {
    packages: ["fresh@2.0.0"],
    imports: 'import fresh from "fresh";',
    does: `fresh({ "if-none-match": '"a"' }, { etag: '"a"' })`,
    gives: true,
  },
  {
    packages: ["mime@4.1.2"],
    imports: 'import mime from "mime";',
    does: '[mime.getType("a.svg"), mime.getExtension("text/css")]',
    gives: ["image/svg+xml", "css"],
  },
  {
    packages: ["http-status-codes@2.3.0"],
    imports: 'import { getReasonPhrase } from "http-status-codes";',
    does: "getReasonPhrase(429)",
    gives: "Too Many Requests",
  },
  {
    packages: ["isbot@5.2.3"],
    imports: 'import { isbot } from "isbot";',
    does: '[isbot("Googlebot/2.1"), isbot("Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0")]',
    gives: [true, false],
  },
  {
    packages: ["bowser@2.15.1"],
    imports: 'import Bowser from "bowser";',
    does: `Bowser.parse("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0").browser`,
    gives: { name: "Firefox", version: "130.0" },
  },
  {
    packages: ["ua-parser-js@2.0.10"],
    imports: 'import { UAParser } from "ua-parser-js";',
    does: `UAParser("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0").browser.name`,
    gives: "Firefox",
  },
  {
    packages: ["qs@6.17.1"],
    imports: 'import qs from "qs";',
    does: '[qs.parse("a[b]=1&a[c][]=2"), qs.stringify({ a: { b: 1 } }, { encode: false })]',
    gives: [{ a: { b: "1", c: ["2"] } }, "a[b]=1"],
  },
  {
    packages: ["query-string@9.5.1"],
    imports: 'import queryString from "query-string";',
    does: 'queryString.parseUrl("https://a.example/?a=1&a=2").query',
    gives: { a: ["1", "2"] },
  },
  {
    packages: ["ipaddr.js@2.5.0"],
    imports: 'import ipaddr from "ipaddr.js";',
    does: '[ipaddr.parse("10.1.2.3").match(ipaddr.parseCIDR("10.0.0.0/8")), ipaddr.parse("::1").range()]',
    gives: [true, "loopback"],
  },
  {
    packages: ["ip-address@10.7.6"],
    imports: 'import { Address6 } from "ip-address";',
    does: 'new Address6("2001:db8::1").isInSubnet(new Address6("2001:db8::/32"))',
    gives: true,
  },
  {
    packages: ["tldts@7.6.0"],
    imports: 'import { parse } from "tldts";',
    does: 'parse("https://www.a.co.uk/").domain',
    gives: "a.co.uk",
  },
  {
    packages: ["@hono/zod-validator@0.9.1", "hono@4.13.19", "zod@4.6.7"],
    imports: `import { zValidator } from "@hono/zod-validator";
      import { Hono } from "hono";
      import { object, string } from "zod";`,
    does: `(async () => {
      const app = new Hono();
      app.get("/", zValidator("query", object({ q: string() })), (c) => c.json(c.req.valid("query")));
      return [(await app.request("/")).status, await (await app.request("/?q=a")).json()];
    })()`,
    gives: [400, { q: "a" }],
  },
];
