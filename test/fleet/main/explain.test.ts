// What `explain` says of requests that go round for ever, of those of authorities that issue
// certificates, and of those that come on a connection for another host.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadConfig } from "../../../src/base/config/load.ts";
import { type LiveTenant, NO_CERTIFICATES, NO_SCRIPTS } from "../../../src/control/live.ts";
import type { Challenge } from "../../../src/downstream/acme/challenges.ts";
import { Explainer } from "../../../src/fleet/main/explain.ts";
import { Authority } from "../../support/authority.ts";

const authority = await Authority.make();
const { cert, key } = await authority.issue({ names: ["shop.example", "moved.example"] });
const folder = mkdtempSync(join(tmpdir(), "sluice-explain-"));
after(() => rmSync(folder, { recursive: true }));
const redirect = (path: string, to: string) => ({ path, redirect: { to, status: 308 } });
const peer = (address: string) => ({ main: { peers: [address] } });
const FILES = {
  "shop.pem": cert,
  "shop.key": key,
  "ca.pem": authority.cert,
  "sluice.yaml": JSON.stringify({
    listeners: [
      { address: "0.0.0.0:8443", tls: { certificates: [{ cert: "shop.pem", key: "shop.key" }] } },
      { address: "127.0.0.1:8080" },
    ],
    tenants: {
      shop: {
        hosts: ["shop.example"],
        https: { redirect: true },
        upstreams: peer("203.0.113.7:80"),
        defaultUpstream: "main",
      },
      moved: {
        hosts: ["moved.example"],
        routes: [
          redirect("/here", "https://moved.example/there"),
          redirect("/there", "/here"),
          redirect("/self", "https://{host}/self"),
          redirect("/deeper", "https://{host}/deeper{path}"),
          redirect("/away", "https://elsewhere.example/"),
          redirect("/shop", "http://shop.example/"),
        ],
      },
      round: {
        hosts: ["round.example"],
        upstreams: peer("127.0.0.1:8443"),
        defaultUpstream: "main",
      },
      strict: {
        hosts: ["strict.example"],
        clientCertificates: { ca: "ca.pem" },
        upstreams: peer("203.0.113.7:80"),
      },
    },
  }),
};
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
const config = loadConfig(join(folder, "sluice.yaml"));
const tenants = config.tenants.map((tenant): LiveTenant => {
  const own = { scripts: NO_SCRIPTS, certificates: NO_CERTIFICATES };
  return { id: `${tenant.name}@1`, config: tenant, origin: "file", ...own };
});
const groupsOf = (id: string) =>
  tenants
    .filter((tenant) => tenant.id === id)
    .flatMap(({ config: { upstreams } }) => upstreams)
    .map(({ name, peers }) => ({
      ...{ name, balance: "random", panic: false, queued: 0 },
      peers: peers.map(({ address }) => ({
        ...({ address, state: "up", reason: "", weight: 1, priority: 0, origin: "file" } as const),
        ...{ active: 0, answered: 0, failed: 0, ejections: 0 },
      })),
    }));
let challenges: readonly Challenge[] = [];
/** How often it was looked what serves: tables of all tenants are made of it. */
let looks = 0;
const listed = () => {
  looks++;
  return tenants;
};
const explainer = new Explainer({
  live: { config, tenants: listed, tenant: (name) => tenants.find(isNamed(name)) },
  peers: { of: groupsOf },
  breakerOf: () => "closed",
  store: null,
  testerKey: () => "",
  pseudonym: "sluice-0123",
  listening: () => config.listeners.map(({ address }) => placeOf(address)),
  challenges: () => challenges,
});

function isNamed(name: string) {
  return ({ config: own }: LiveTenant): boolean => own.name === name;
}

function placeOf(address: string) {
  const [host = "", port = ""] = address.split(":");
  return { address, host, port: Number(port) };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly only?: string;
}

const explain = (url: string, { method = "GET", headers = {}, only }: Asked = {}) =>
  explainer.explain({ method, url, headers: { ...headers }, client: "192.0.2.1" }, only ?? null);

test("a request that carries our own name is refused, as it is when it comes", async () => {
  const { end, reasons } = await explain("https://shop.example/", {
    headers: { Via: "1.1 other, 1.1 sluice-0123" },
  });
  assert.deepEqual(end, { status: 508, code: "loop_detected", location: null });
  assert.equal(reasons.at(-1), "The request has already passed here.");
  assert.equal((await explain("https://shop.example/", { headers: { Via: "1.1 x" } })).end, null);
});

test("an upstream that is this proxy is said to be one", async () => {
  const { loop, upstream, end, reasons } = await explain("http://round.example/");
  assert.deepEqual([loop, upstream?.group, end], ["upstream", "main", null]);
  assert.match(reasons.at(-1) ?? "", /^a peer of it is this proxy itself, .*already passed here/);
  assert.equal((await explain("https://shop.example/")).loop, null);
});

test("redirects are followed as far as this proxy answers them, and loops are found", async () => {
  const loopOf = async (url: string, asked: Asked = {}) => {
    const { loop, reasons } = await explain(url, asked);
    return loop === null ? null : `${loop}: ${reasons.at(-1)}`;
  };
  const self = await loopOf("https://moved.example/self");
  assert.match(self ?? "", /^redirect: .* comes back to .*\/self: 1 redirect, for ever$/);
  assert.match(
    (await loopOf("http://moved.example/here")) ?? "",
    /\/there: 3 redirects, for ever$/,
  );
  assert.match((await loopOf("https://moved.example/deeper")) ?? "", /20 redirects, and no end$/);
  for (const path of ["away", "shop"]) {
    assert.equal(await loopOf(`https://moved.example/${path}`), null, path);
  }
  // over http:// it is sent to https://, and served there
  const { loop, end } = await explain("http://shop.example/x", { method: "POST" });
  assert.deepEqual([loop, end?.location], [null, "https://shop.example/x"]);
  // what is another tenant's is not looked at
  assert.equal(await loopOf("https://moved.example/shop", { only: "moved" }), null);
});

test("tables are made once for a question, however many redirects are followed", async () => {
  for (const url of ["https://shop.example/", "https://moved.example/deeper"]) {
    looks = 0;
    await explain(url);
    assert.equal(looks, 1, url);
  }
});

test("who asks for the proof of an order is answered ahead of everything else", async () => {
  const path = "/.well-known/acme-challenge/";
  challenges = [
    { type: "http-01", host: "shop.example", token: "abc", answer: "secret" },
    { type: "http-01", host: "new.example", token: "new", answer: "secret" },
    // a handshake answers this one, and nothing reads its key here
    { type: "tls-alpn-01", host: "moved.example", cert: "none", key: "none" },
  ];
  for (const url of [`http://shop.example${path}abc`, `http://new.example${path}new`]) {
    const told = await explain(url);
    assert.deepEqual(told.end, { status: 200, code: null, location: null }, url);
    assert.match(told.reasons.join(), /^a certificate is being ordered/);
    assert.doesNotMatch(JSON.stringify(told), /secret/);
  }
  const other = await explain(`http://shop.example${path}xyz`);
  // not even sent to https://: an authority asks in the clear
  assert.deepEqual([other.end, other.upstream?.group], [null, "main"]);
  assert.ok(other.reasons.some((reason) => reason.startsWith("no order of a certificate")));
  const refused = await explain(`http://nobody.example${path}new`);
  assert.equal(refused.end?.code, "unknown_host");
});

test("a request is told to come anew where the connection was made for another host", async () => {
  const isMisdirected = async (url: string, host: string) =>
    (await explain(url, { headers: { Host: host } })).end?.code === "misdirected";
  for (const [url, host, expected] of [
    // one certificate is for both
    ["https://shop.example/", "moved.example", false],
    ["https://shop.example/", "round.example", true],
    ["https://shop.example/", "nobody.example", true],
    ["https://strict.example/", "strict.example", false],
    ["https://shop.example/", "strict.example", true],
    // who names no host was promised nothing, but was asked for no certificate either
    ["https://192.0.2.7/", "round.example", false],
    ["https://192.0.2.7/", "strict.example", true],
    ["http://shop.example/", "round.example", false],
  ] as const) {
    assert.equal(await isMisdirected(url, host), expected, `${url} ${host}`);
  }
  assert.equal((await explain("https://shop.example/")).end, null);
});
