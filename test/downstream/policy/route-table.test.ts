// Which route a request takes, as a table of requests; and that no spelling of a path is a way
// around a route.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AMBIGUOUS, RouteTable } from "../../../src/downstream/policy/route-table.ts";

interface Named {
  readonly name: string;
  readonly path: string;
  readonly isExact: boolean;
  readonly host: string;
  readonly methods: readonly string[];
}

const route = (name: string, path: string, more: Partial<Named> = {}): Named => ({
  name,
  path,
  isExact: false,
  host: "*",
  methods: [],
  ...more,
});

const take = (routes: readonly Named[], target: string, method = "GET", host = "h:8080") => {
  const found = new RouteTable(routes).find({ target, method, host });
  return found === null || found === AMBIGUOUS ? found : found.name;
};

describe("a route's path", () => {
  const routes = [
    route("root", "/"),
    route("api", "/api"),
    route("deep", "/api/v1/users/"),
    route("v1", "/api/v1"),
    route("login", "/login", { isExact: true }),
    route("below", "/login"),
    route("slash", "/login/", { isExact: true }),
    route("café", "/café au lait"),
  ];
  const cases: readonly (readonly [target: string, name: string])[] = [
    ["/", "root"],
    ["/?/api", "root"],
    ["/api", "api"],
    ["/api/", "api"],
    ["/api?x=/api/v1", "api"],
    ["/api/x/v1", "api"],
    ["/apix", "root"],
    ["/API", "root"],
    ["/x/api", "root"],
    ["/api/v1", "v1"],
    ["/api/v1/user", "v1"],
    ["/api/v1/users", "deep"],
    ["/api/v1/users/7/posts/8", "deep"],
    ["/login", "login"],
    ["/login?next=/x", "login"],
    ["/login/", "slash"],
    ["/login/x", "below"],
    ["/caf%C3%A9%20au%20lait/x", "café"],
    ["/caf%c3%a9%20au%20lait", "café"],
    ["/api/a%2Fb", "api"],
    ["/api//x", "api"],
    ["/api/x;v=1/y", "api"],
    ["/api/./x/../y", "api"],
    ["/api/%41%25%7E", "api"],
    ["/api/.../..x", "api"],
  ];
  for (const [target, name] of cases) {
    it(`takes ${target} to ${name}`, () => {
      assert.equal(take(routes, target), name);
      assert.equal(take(routes.toReversed(), target), name);
    });
  }

  it("takes nothing that is elsewhere, nor OPTIONS *", () => {
    assert.equal(take([route("api", "/api")], "/"), null);
    assert.equal(take([route("api", "/api")], "/ap"), null);
    assert.equal(take([], "/api"), null);
    assert.equal(take([route("root", "/")], "*", "OPTIONS"), null);
  });

  it("is found in a target of thousands of segments without walking them", () => {
    const target = "/a".repeat(8_000);
    const table = new RouteTable([route("root", "/"), route("deep", "/a/a/b")]);
    /** The best of some, for when somebody disturbs. */
    const bestMs = (target: string): number => {
      const rounds = Array.from({ length: 5 }, () => {
        const startMs = performance.now();
        for (let i = 0; i < 200; i++) table.find({ target, method: "GET", host: "h" });
        return performance.now() - startMs;
      });
      return 5 * Math.min(...rounds);
    };
    const [deepMs, flatMs] = [bestMs(target), bestMs("/a")];
    // walking would cost 8,000 lookups of up to 16 KB each: a thousand times as much, and more
    assert.ok(deepMs < (flatMs + 1) * 1_000, `${deepMs} ms against ${flatMs} ms`);
  });
});

describe("hosts and methods", () => {
  const routes = [
    route("any", "/"),
    route("wild", "/", { host: "*.example.com" }),
    route("wilder", "/", { host: "*.b.example.com" }),
    route("name", "/", { host: "a.b.example.com" }),
    route("get", "/", { methods: ["GET"] }),
    route("get at name", "/", { host: "a.b.example.com", methods: ["GET", "DELETE"] }),
  ];
  const cases: readonly (readonly [method: string, host: string, name: string])[] = [
    ["POST", "x", "any"],
    ["GET", "x", "get"],
    ["HEAD", "x", "get"],
    ["POST", "c.example.com", "wild"],
    ["POST", "example.com", "any"],
    ["POST", "c.b.example.com:81", "wilder"],
    ["POST", "a.b.example.com.", "name"],
    ["GET", "a.b.example.com:80", "get at name"],
    ["DELETE", "a.b.example.com", "get at name"],
  ];
  for (const [method, host, name] of cases) {
    it(`take ${method} at ${host} to ${name}`, () => {
      assert.equal(take(routes, "/", method, host), name);
    });
  }

  it("count less than the path: a longer path wins, whatever its host", () => {
    const longer = [...routes, route("longer", "/x")];
    assert.equal(take(longer, "/x/y", "GET", "a.b.example.com"), "longer");
  });

  it("that do not fit leave the request to the next shorter path", () => {
    const some = [route("root", "/"), route("post", "/x", { methods: ["POST"] })];
    assert.equal(take(some, "/x/y"), "root");
    assert.equal(take(some, "/x/y", "POST"), "post");
  });
});

// Each is /admin, or something else, to some upstream: nobody gets there by another route.
const AROUND = [
  "/%61dmin",
  "/admi%6E/x",
  "/%2561dmin/..%2f..%2fadmin",
  "//admin",
  "/.//admin",
  "/./admin",
  "/a/../admin",
  "/open/../admin",
  "/open/x/../../admin/y",
  "/open/%2e%2e/admin",
  "/open/.%2E/admin",
  "/open/%2e./admin/",
  "/open/..%2fadmin",
  "/open%2f..%2fadmin",
  "/open/..\\admin",
  "/open\\..\\admin",
  "/open/..%5cadmin",
  "/admin%2f",
  "/admin%2Fx",
  "/admin%5Cx",
  "/admin\\x",
  "/admin;x=1",
  "/admin;x=1/y",
  "/admin%3Bx",
  "/;x=1/admin",
  "/open/..;/admin",
  "/open/..;x/admin",
  "/open/.;/../admin",
  "/open/..;/admin/%2f..%2f..%2fopen",
  "/open//../admin",
  "/open/x//..//../admin",
  "/open/%2f../../admin",
  "/open/../admin//../open",
  "/admin/../open",
  "/admin/..;/open",
  "/admin%00",
  "/admin%",
  "/admin%2",
  "/open/%c0%ae%c0%ae/admin",
  "/open%C0%AF..%C0%AFadmin",
  "/open%c0%2f..%c0%2fadmin",
  "/open%c1%1c..%c1%1cadmin",
  "/%C1%A1dmin",
  "/open%e0%80%af..%e0%80%afadmin",
  "/open%F0%80%80%AF..%f0%80%80%afadmin",
  "/open%f8%80%80%80%af..%f8%80%80%80%afadmin",
  "/open%fc%80%80%80%80%af..%fc%80%80%80%80%afadmin",
  "/open/%zz/../admin",
];

describe("a path that is one thing to one reader and another to the next", () => {
  const routes = [route("open", "/open"), route("admin", "/admin")];
  for (const target of AROUND) {
    it(`is refused: ${target}`, () => {
      assert.equal(take(routes, target), AMBIGUOUS);
      assert.equal(take(routes, `${target}?x`), AMBIGUOUS);
      assert.equal(take([...routes, route("root", "/")], target), AMBIGUOUS);
    });
  }

  it("is refused too if it takes long to find out", () => {
    assert.equal(take(routes, `/open/${"%41".repeat(2_000)}`), AMBIGUOUS);
    assert.equal(take(routes, `/open${"/.".repeat(200)}`), AMBIGUOUS);
    assert.equal(take(routes, `/open/${"%41".repeat(1_000)}${"/.".repeat(100)}`), "open");
  });

  it("is one for each reader of Latin-1 and of UTF-8, if its bytes are not UTF-8", () => {
    const words = [route("root", "/"), route("für", "/für"), route("à", "/À propos")];
    assert.equal(take(words, "/f%C3%BCr/x"), "für");
    assert.equal(take(words, "/f%FCr/x"), AMBIGUOUS);
    assert.equal(take(words, "/%c0%20propos"), AMBIGUOUS);
    for (const target of ["/%FC", "/%C0bc", "/%C1%C0", "/%E0%92", "/%f8/%FF%FE", "/a%E4%F6%FC"]) {
      assert.equal(take(words, target), "root", target);
    }
  });

  it("is a whole path: nothing in a query makes it so", () => {
    assert.equal(take(routes, "/open?x=%2e%2e/../admin;%zz"), "open");
  });

  it("goes on if all readers see the same route", () => {
    assert.equal(take(routes, "/admin/x/../%2e/y;z/a%2fb\\c"), "admin");
    assert.equal(take(routes, "/other/../else"), null);
  });

  it("is found out for exact paths, hosts and methods too", () => {
    const exact = [route("exact", "/admin", { isExact: true, methods: ["GET"] })];
    assert.equal(take(exact, "/x/../admin"), AMBIGUOUS);
    assert.equal(take(exact, "/x/../admin", "POST"), null);
    assert.equal(take(exact, "/admin;x"), AMBIGUOUS);
  });
});
