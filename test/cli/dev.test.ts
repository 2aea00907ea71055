// `sluice dev` from outside: a save is served, a bad save is not, and both are told.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { builtProgram } from "../support/built-program.ts";
import { makeCertificate } from "../support/certificates.ts";
import { DevProcess, startDev } from "../support/dev-process.ts";
import { run } from "../support/program.ts";

const launcher = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));
const { main } = await builtProgram();
const folder = mkdtempSync(join(tmpdir(), "sluice-dev-"));
after(() => rmSync(folder, { recursive: true }));

const start = (...args: string[]): Promise<DevProcess> =>
  startDev([process.execPath, main, "dev", ...args, "--port", "0"], folder);

const save = (hooks: string, before = ""): void =>
  writeFileSync(
    join(folder, "main.ts"),
    `${before}import { definePhases, log } from "sluice";\nexport default definePhases({\n${hooks}\n});\n`,
  );

const withHeader = (value: string): string =>
  `upstreamPeer: () => "stable",
responseFilter(session) {
  session.response.headers.set("x-v", "${value}");
  log.info("v${value}");
},`;

test("a script alone is served in front of an upstream that echoes, and reloaded", async () => {
  save(withHeader("1"));
  await using dev = await start("main.ts");
  const first = await dev.get("a?b=c");
  assert.equal(first.headers.get("x-v"), "1");
  const { method, url } = JSON.parse(await first.text());
  assert.deepEqual([method, url], ["GET", "/a?b=c"]);
  await dev.says(/info\s+responseFilter\s+v1\n/);
  await dev.says(/200\s+GET\s+127\.0\.0\.1:\d+\/a\?b=c/);

  save(withHeader("2"));
  await dev.says(/reloaded in \d+ ms/);
  assert.equal((await dev.get()).headers.get("x-v"), "2");
  assert.equal(await dev.stop(), 0);
});

test("a save with an error is shown and not served, and a fixed one is", async () => {
  save(withHeader("1"));
  await using dev = await start("main.ts");
  save("requestFilter( {");
  await dev.says(/not reloaded[^\n]*\n\s+main\.ts:\d+:\d+: [^\n]+\n\s+\d+ \| /);
  assert.equal((await dev.get()).headers.get("x-v"), "1");

  const from = dev.output.length;
  save(withHeader("3"));
  await dev.says(/reloaded in \d+ ms/, from);
  assert.equal((await dev.get()).headers.get("x-v"), "3");
});

test("a file that is missing is noticed when it comes, and mended when it is wrong", async () => {
  save(withHeader("1"));
  await using dev = await start("main.ts");
  const missing = `import "./late/part.ts";\n`;
  save(withHeader("1"), missing);
  await dev.says(/not reloaded[^\n]*\n[^\n]+\.\/late\/part\.ts/);

  mkdirSync(join(folder, "late"));
  writeFileSync(join(folder, "late", "part.ts"), "export const part = = 1;\n");
  await dev.says(/not reloaded[^\n]*\n\s+late\/part\.ts:1:21/);

  const from = dev.output.length;
  writeFileSync(join(folder, "late", "part.ts"), "export const part = 1;\n");
  await dev.says(/reloaded in \d+ ms/, from);
});

const UNSTARTABLE: readonly (readonly [string, string, RegExp])[] = [
  ["does not bundle", "export default 1 +", /not started[^\n]*\n\s+main\.ts:\d+:\d+: [^\n]+\n/],
  [
    "throws at its top level",
    'throw new Error("top");\nexport default {};',
    /not started.*\n.*top/,
  ],
];

for (const [how, source, shown] of UNSTARTABLE) {
  test(`a script that ${how} at the start is shown, and served once it is mended`, async () => {
    writeFileSync(join(folder, "main.ts"), `${source}\n`);
    const args = [process.execPath, launcher, "dev", "main.ts", "--port", "0"];
    await using dev = new DevProcess(args, folder);
    await dev.says(shown);
    save(withHeader("4"));
    const [, url = ""] = await dev.says(/ready on (http:\/\/[\d.:]+\/)/);
    dev.url = url;
    assert.equal((await dev.get()).headers.get("x-v"), "4");
    save(withHeader("5"));
    await dev.says(/reloaded in \d+ ms/);
    assert.equal((await dev.get()).headers.get("x-v"), "5");
    assert.equal(await dev.stop(), 0);
  });
}

test("a signal ends the wait for a script that does not start", async () => {
  writeFileSync(join(folder, "main.ts"), "export default 1 +\n");
  const args = [process.execPath, launcher, "dev", "main.ts", "--port", "0"];
  await using dev = new DevProcess(args, folder);
  await dev.says(/not started/);
  assert.equal(await dev.stop(), 0);
});

test("a hook that throws is shown with its line of TypeScript, a mark and its stack", async () => {
  writeFileSync(
    join(folder, "my script.ts"),
    `import { definePhases } from "sluice";
const fail = (id: string): never => {
  throw new Error(id);
};
export default definePhases({ requestFilter: ({ id }) => fail(id) });
`,
  );
  await using dev = await start("my script.ts");
  assert.equal((await dev.get()).status, 500);
  const [, below] = await dev.says(
    /error requestFilter\s+Error: \S+ at my script\.ts:3:9\n(.*\n.*\n.*\n.*\n)/,
  );
  const frames =
    "    at fail (my script.ts:3:9)\n    at Object.requestFilter (my script.ts:5:58)\n";
  assert.equal(below, `    3 |   throw new Error(id);\n      |         ^\n${frames}`);
});

test("--upstream stands in for the upstreams of a configuration, without their TLS", async () => {
  await using origin = createServer((_request, response) => response.end("mine"));
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  const address = origin.address();
  assert.ok(typeof address === "object" && address !== null);
  save(withHeader("1"));
  writeFileSync(
    join(folder, "edge.yaml"),
    `tenants: { a: { hosts: ["*"], script: main.ts, defaultUpstream: stable,
  upstreams: { stable: { peers: ["127.0.0.1:1"], tls: true } } } }\n`,
  );
  const upstream = `http://127.0.0.1:${address.port}`;
  await using dev = await start("-c", "edge.yaml", "--upstream", upstream);
  assert.equal(await (await dev.get()).text(), "mine");
  origin.closeAllConnections();
});

test("in the clear no client has to show a certificate", async () => {
  const { cert, key } = await makeCertificate("DNS:a.example");
  save('requestFilter: () => new Response("mine"),');
  writeFileSync(join(folder, "s.pem"), cert);
  writeFileSync(join(folder, "s.key"), key);
  writeFileSync(
    join(folder, "strict.yaml"),
    `listeners: [{ address: "127.0.0.1:1", tls: { certificates: [{ cert: s.pem, key: s.key }] } }]
tenants: { a: { hosts: ["*"], script: main.ts, clientCertificates: { ca: s.pem } } }\n`,
  );
  await using dev = await start("-c", "strict.yaml");
  assert.equal(await (await dev.get()).text(), "mine");
});

const MISUSES: readonly (readonly [string, number, RegExp])[] = [
  ["none.ts", 1, /Cannot run none\.ts/],
  ["-c none.yaml", 1, /none\.yaml/],
  ["main.ts -c edge.yaml", 2, /expected a script or --config, got both/],
  ["--upstream https://a.test", 2, /Expected http:\/\/host:port/],
  ["--upstream http://a.test --echo", 2, /cannot be used with/],
  ["--port 99999", 2, /Expected an integer from 0 to 65535/],
];

for (const [line, expected, complaint] of MISUSES) {
  test(`\`sluice dev ${line}\` is refused with one line and status ${expected}`, async () => {
    save("");
    const args = [main, "dev", ...line.split(" ")];
    const { status, stdout, stderr } = await run(process.execPath, args, { cwd: folder });
    assert.deepEqual({ status, stdout }, { status: expected, stdout: "" });
    assert.match(stderr, /^sluice: [^\n]+\n$/);
    assert.match(stderr, complaint);
  });
}

test("--https makes a certificate for this machine once, and says how to trust it", async () => {
  save(withHeader("1"));
  process.env.XDG_DATA_HOME = folder;
  const shown: string[] = [];
  for (let i = 0; i < 2; i++) {
    await using dev = await start("main.ts", "--https");
    assert.match(dev.url, /^https:/);
    const [, file = ""] = await dev.says(/curl --cacert (\S+),/);
    const ca = readFileSync(file, "utf8");
    shown.push(ca);
    const options = { ca, headers: { connection: "close" } };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      get(dev.url, options, resolve).on("error", reject);
    });
    assert.equal(response.resume().headers["x-v"], "1");
    assert.equal(statSync(file.replace(/pem$/, "key")).mode & 0o777, 0o600);
  }
  assert.equal(shown[0], shown[1]);
});
