// The package as its users get it: packed, installed from the tarball into an empty folder, and
// used there.

import assert from "node:assert/strict";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startDev } from "./support/dev-process.ts";
import { type Ending, run } from "./support/program.ts";
import { startProxy } from "./support/proxy-process.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sluice-pack-"));
const checkout = join(folder, "checkout");
const user = join(folder, "user");

/** npm as a user has it: not as a script of this package. */
const env = {
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith("npm_"))
      .map((name) => [name, undefined]),
  ),
  npm_config_loglevel: "error",
  npm_config_fund: "false",
  npm_config_audit: "false",
  npm_config_update_notifier: "false",
  npm_config_prefer_offline: "true",
};

async function succeed(cwd: string, program: string, ...args: string[]): Promise<Ending> {
  const ending = await run(program, args, { cwd, env });
  assert.equal(ending.status, 0, `${program} ${args.join(" ")}\n${ending.stdout}${ending.stderr}`);
  return ending;
}

before(async () => {
  // A copy, so that nobody's dist/ is replaced under them.
  cpSync(root, checkout, {
    recursive: true,
    filter: (path) =>
      !/^(?:node_modules|dist|\.git|data|bench|test)$/.test(path.slice(root.length)),
  });
  symlinkSync(join(root, "node_modules"), join(checkout, "node_modules"));
  await succeed(checkout, "npm", "pack");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  mkdirSync(user);
  writeFileSync(join(user, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await succeed(user, "npm", "install", join(checkout, `sluice-${version}.tgz`));
});
after(() => rmSync(folder, { recursive: true }));

test("npm ci accepts the lock file", async () => {
  // Away from node_modules: what is installed already would hide what the lock file lacks.
  const folder = join(user, "lock");
  mkdirSync(folder);
  for (const file of ["package.json", "package-lock.json"]) {
    cpSync(join(root, file), join(folder, file));
  }
  await succeed(folder, "npm", "ci", "--dry-run");
});

test("holds what it needs and nothing of how it is made", () => {
  const installed = join(user, "node_modules", "sluice");
  for (const path of [
    "bin/sluice.js",
    "dist/cli/main.js",
    "sdk/index.ts",
    "src/wire/frame.ts",
    "dist/dashboard/index.html",
    "README.md",
    "LICENSE",
  ]) {
    assert.ok(existsSync(join(installed, path)), path);
  }
  for (const path of ["test", "bench", ".ci", "src/cli", "dashboard", "tsconfig.json"]) {
    assert.ok(!existsSync(join(installed, path)), path);
  }
});

test("npx sluice runs with the Node that came along", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const { stdout, stderr } = await succeed(user, "npx", "sluice", "--version");
  assert.deepEqual({ stdout, stderr }, { stdout: `${version}\n`, stderr: "" });
});

test("sluice serve runs a script there", async () => {
  await using origin = createServer((request, response) => {
    response.end(`saw ${request.headers["x-edge"]}`);
  });
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  const address = origin.address();
  assert.ok(typeof address === "object" && address !== null);
  writeFileSync(join(user, "edge.ts"), EDGE_SCRIPT);
  const config = configFor(join(user, "edge.ts"), address.port);

  const program = join(user, "node_modules", ".bin", "sluice");
  await using proxy = await startProxy(config, { program, args: [], cwd: user });
  const response = await fetch(`${proxy.url}/?a=1`, { headers: { connection: "close" } });
  assert.equal(await response.text(), "saw 1");
  assert.equal(response.headers.get("x-count"), "1");
  origin.closeAllConnections();
  assert.equal(await proxy.stop(), 0);
});

test("a newcomer gets from an empty folder to a reload on save", async () => {
  const sluice = join(user, "node_modules", ".bin", "sluice");
  const project = join(folder, "newcomer");
  await succeed(folder, sluice, "init", "newcomer");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const manifest = JSON.parse(readFileSync(join(project, "package.json"), "utf8"));
  assert.equal(manifest.dependencies.sluice, version);
  // as `npm install` would, were this version on the registry
  await succeed(project, "npm", "install", join(checkout, `sluice-${version}.tgz`));

  assert.match((await succeed(project, "npm", "test")).stdout, /pass 5/);
  assert.match((await succeed(project, "npm", "run", "check")).stdout, /nothing to object to/);
  await succeed(project, "npx", "tsc", "-p", ".");
  await succeed(project, "npx", "tsc", "-p", "test");

  const script = join(project, "scripts", "main.ts");
  const text = readFileSync(script, "utf8");
  writeFileSync(script, text.replace("requests.incr()", "requests.inc()"));
  const wrong = await run("npm", ["run", "check"], { cwd: project, env });
  assert.equal(wrong.status, 1);
  assert.match(wrong.stdout, /^scripts\/main\.ts:\d+:\d+: TS\d+: Property 'inc' does not exist/m);

  writeFileSync(script, text);
  const command = [join(project, "node_modules", ".bin", "sluice"), "dev", "--echo", "--port", "0"];
  await using dev = await startDev(command, project);
  const before = await dev.get("admin");
  assert.deepEqual([before.status, await before.text()], [403, "not from outside\n"]);
  writeFileSync(script, text.replace("status: 403", "status: 404"));
  await dev.says(/reloaded in \d+ ms/);
  assert.equal((await dev.get("admin")).status, 404);
  assert.equal(await dev.stop(), 0);

  const config = readFileSync(join(project, "sluice.yaml"), "utf8")
    .replace("scripts/main.ts", JSON.stringify(script))
    .replaceAll(/127\.0\.0\.1:(?:8080|9090)/g, "127.0.0.1:0");
  await using proxy = await startProxy(config, { program: command[0] ?? "", args: [] });
  const headers = { connection: "close" };
  assert.equal((await fetch(`${proxy.url}/admin`, { headers })).status, 404);
  assert.equal(await proxy.stop(), 0);
});

test("without TypeScript, sluice check says how to get it", async () => {
  const sluice = join(user, "node_modules", ".bin", "sluice");
  writeFileSync(join(user, "edge.ts"), EDGE_SCRIPT);
  const { status, stderr } = await run(sluice, ["check", "edge.ts"], { cwd: user, env });
  assert.equal(status, 1);
  assert.match(stderr, /^sluice: Cannot check types: [^\n]*npm install --save-dev typescript/);
  const { stdout } = await succeed(user, sluice, "check", "--no-types", "edge.ts");
  assert.equal(stdout, "edge.ts (1 script): nothing to object to\n");
});

const EDGE_SCRIPT = `
import { counter, definePhases } from "sluice";
const requests = counter("requests");
export default definePhases({
  newCtx: () => ({ a: "" }),
  requestFilter(session, ctx) {
    ctx.a = new URL(session.request.url).searchParams.get("a") ?? "";
  },
  upstreamRequestFilter(session, ctx) {
    session.upstreamRequest.headers.set("x-edge", ctx.a);
  },
  responseFilter(session) {
    session.response.headers.set("x-count", String(requests.incr()));
  },
});
`;

const configFor = (script: string, upstreamPort: number): string => `
listeners: [{ address: 127.0.0.1:0 }]
admin: { address: 127.0.0.1:0 }
workers: 1
tenants:
  demo:
    hosts: ["*"]
    script: ${JSON.stringify(script)}
    upstreams: { stable: { peers: ["127.0.0.1:${upstreamPort}"] } }
    defaultUpstream: stable
`;

const TSCONFIG = {
  compilerOptions: {
    module: "nodenext",
    target: "esnext",
    lib: ["es2016"],
    types: ["sluice/globals"],
    strict: true,
    noEmit: true,
  },
};

/** Type-checks a script as a user of the package would, and returns what the compiler says. */
async function check(script: string): Promise<string> {
  writeFileSync(join(user, "tsconfig.json"), JSON.stringify({ ...TSCONFIG, files: ["script.ts"] }));
  writeFileSync(join(user, "script.ts"), script);
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { stdout, stderr } = await run(process.execPath, [tsc, "-p", user], { cwd: user });
  return stdout + stderr;
}

const SCRIPT = `
import { counter, definePhases, log } from "sluice";
const requests = counter("requests");
export default definePhases({
  newCtx: () => ({ betaUser: false }),
  requestFilter(session, ctx) {
    ctx.betaUser = session.request.headers.has("beta-flag");
    if (session.request.method === "TRACE") return new Response("no", { status: 405 });
  },
  upstreamPeer(_session, ctx) {
    log.info(\`request #\${requests.incr()}\`);
    return ctx.betaUser ? "beta" : "stable";
  },
});
`;

test("a script is type-checked against the installed module sluice", async () => {
  assert.equal(await check(SCRIPT), "");
});

test("a mistake in a script is a type error there", async () => {
  const said = await check(SCRIPT.replace("betaUser: false", "betaUser: new Set<string>()"));
  assert.match(said, /script\.ts\(\d+,\d+\): error TS/);
  assert.match(
    await check(SCRIPT.replace("ctx.betaUser =", "ctx.user =")),
    /'user' does not exist/,
  );
});
