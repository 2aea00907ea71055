// Names of scripts: what is asked of whom, in which order, and what is made of the answers.

import assert from "node:assert/strict";
import { lookup as askSystem } from "node:dns";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { UPSTREAM_LIMITS } from "../../src/upstream/limits.ts";
import { askNameServers } from "../../src/upstream/name-servers.ts";
import { NameServer, type NameServerScript } from "./name-server.ts";

const folder = await mkdtemp(join(tmpdir(), "sluice-names-"));
after(() => rm(folder, { recursive: true }));
const paths = { hosts: join(folder, "hosts"), resolvConf: join(folder, "resolv.conf") };

const NO_SUCH_NAME = 3;
const SERVFAIL = 2;

interface Files {
  readonly hosts?: string;
  readonly resolvConf?: string;
}

/** Writes what this machine says of names. */
async function say({ hosts = "", resolvConf = "" }: Files = {}): Promise<void> {
  await writeFile(paths.hosts, hosts);
  await writeFile(paths.resolvConf, resolvConf);
}

/** A question to this server; the code of the failure if it comes to nothing. */
function asking(server: NameServer, limits = UPSTREAM_LIMITS, signal?: AbortSignal) {
  const options = { servers: [server.address], paths, ...(signal && { signal }) };
  const lookup = askNameServers(limits, options);
  return (name: string): Promise<readonly string[] | string> =>
    new Promise((resolve) => {
      lookup(name, (error, addresses) => {
        if (error === null) resolve(addresses);
        else resolve("code" in error ? `${error.code}` : error.message);
      });
    });
}

const both: NameServerScript = (_name, family) =>
  family === 4 ? ["192.0.2.1", "192.0.2.2"] : ["2001:db8::1"];

test("addresses of both families are found, in the order in which they came", async () => {
  await say();
  await using server = await NameServer.start(both);
  const addresses = await asking(server)("origin.example");
  assert.deepEqual([...addresses].sort(), ["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
});

test("a name of one family is found; one of no family, or of none, is not", async () => {
  await say();
  await using server = await NameServer.start((name, family) => {
    if (name === "v4.example") return family === 4 ? ["192.0.2.1"] : [];
    return name === "empty.example" ? [] : NO_SUCH_NAME;
  });
  const ask = asking(server);
  assert.deepEqual(await ask("v4.example"), ["192.0.2.1"]);
  assert.equal(await ask("empty.example"), "ENODATA");
  assert.equal(await ask("absent.example"), "ENOTFOUND");
});

test("a family that is not answered is not waited for once there are addresses", async () => {
  await say();
  await using server = await NameServer.start((_name, family) =>
    family === 4 ? ["192.0.2.1"] : null,
  );
  assert.deepEqual(await asking(server)("origin.example"), ["192.0.2.1"]);
});

test("what /etc/hosts has is not asked for, and the file is read again when it changes", async () => {
  await say({ hosts: "192.0.2.7 DB.internal db # the old one\n2001:db8::7\tdb.internal\n" });
  await using server = await NameServer.start(both);
  const ask = asking(server);
  assert.deepEqual(await ask("db.internal"), ["192.0.2.7", "2001:db8::7"]);
  await say({ hosts: "192.0.2.77 db.internal\n" });
  assert.deepEqual(await ask("db.internal"), ["192.0.2.77"]);
  assert.deepEqual(await ask("localhost"), ["127.0.0.1", "::1"]);
  assert.deepEqual(server.asked, []);
});

test("search domains are tried as resolv.conf says", async () => {
  await say({ resolvConf: "search a.example b.example.\noptions timeout:9 ndots:2\n" });
  await using server = await NameServer.start((name) =>
    name === "web.shop.b.example" || name === "www.shop.example" ? ["192.0.2.1"] : NO_SUCH_NAME,
  );
  const ask = asking(server);
  const askedFor = async (name: string): Promise<readonly string[]> => {
    server.asked.length = 0;
    await ask(name);
    return [...new Set(server.asked.map((one) => one.split(" ")[0] ?? ""))];
  };
  assert.deepEqual(await askedFor("web.shop"), ["web.shop.a.example", "web.shop.b.example"]);
  assert.deepEqual(await askedFor("www.shop.example"), ["www.shop.example"]);
  assert.deepEqual(await askedFor("gone.example."), ["gone.example"]);
});

test("a server that fails is not asked for the same name with every suffix", async () => {
  await say({ resolvConf: "search a.example b.example\n" });
  await using server = await NameServer.start(() => SERVFAIL);
  assert.equal(await asking(server)("origin"), "ESERVFAIL");
  assert.ok(server.asked.every((name) => name.startsWith("origin.a.example")));
});

test("questions that nobody answers hold none of the threads that others need", async () => {
  await say();
  await using server = await NameServer.start(() => null);
  const end = new AbortController();
  const ask = asking(server, UPSTREAM_LIMITS, end.signal);
  const waiting = Array.from({ length: 40 }, (_, index) => ask(`${index}.dead.example`));
  await new Promise<void>((resolve) => askSystem("localhost", () => resolve()));
  end.abort();
  assert.deepEqual(await Promise.all(waiting), Array(40).fill("ECANCELLED"));
});

test("a server that does not answer is given up after its tries", async () => {
  await say();
  await using server = await NameServer.start(() => null);
  const limits = { ...UPSTREAM_LIMITS, nameServerMs: 250, nameServerTries: 2 };
  assert.equal(await asking(server, limits)("dead.example"), "ETIMEOUT");
  assert.equal(server.asked.filter((name) => name.endsWith("4")).length, 2);
});
