// Files of certificates that somebody renews: whenever that is, what is in them goes live.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { loadConfig } from "../../../../src/base/config/load.ts";
import { LIMITS } from "../../../../src/base/limits.ts";
import { CertificateFiles } from "../../../../src/fleet/main/live/certificate-files.ts";
import { ChangeLock } from "../../../../src/fleet/main/live/change-lock.ts";
import type { DesiredState } from "../../../../src/fleet/main/live/reconciler.ts";
import { createLogger } from "../../../../src/observe/log.ts";
import { Metrics } from "../../../../src/observe/metrics.ts";
import { makeCertificate } from "../../../support/certificates.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-certificates-"));
after(() => rmSync(folder, { recursive: true }));
const [first, renewed] = await Promise.all([
  makeCertificate("DNS:first.example"),
  makeCertificate("DNS:renewed.example"),
]);
const WAIT_MS_MAX = 60_000;

type Pair = typeof first;

function write(name: string, { cert, key }: Pair): void {
  writeFileSync(join(folder, `${name}.pem`), cert);
  writeFileSync(join(folder, `${name}.key`), key);
}

/** What a configuration says that names these pairs, as it is read now. */
function read(...names: string[]): DesiredState {
  const certificates = names.map((name) => ({ cert: `${name}.pem`, key: `${name}.key` }));
  const listeners = [{ address: "127.0.0.1:0", tls: { certificates } }];
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, JSON.stringify({ listeners }));
  return { config: loadConfig(file), roster: new Map(), revision: 0 };
}

class Stand implements Disposable {
  /** What goes live is what is desired from then on. */
  desired: DesiredState;
  readonly lines: string[] = [];
  looks = 0;
  brought = 0;
  readonly #t: TestContext;
  readonly #files: CertificateFiles;

  constructor(t: TestContext, desired: DesiredState) {
    t.mock.timers.enable({ apis: ["setInterval"] });
    this.#t = t;
    this.desired = desired;
    const write = (line: string): void => void this.lines.push(line);
    const logger = createLogger({ level: "info", format: "json", fields: {} }, { write });
    const asked = (): DesiredState => {
      this.looks++;
      return this.desired;
    };
    const reconciler = {
      get desired() {
        return asked();
      },
      bring: async (state: DesiredState) => {
        this.brought++;
        this.desired = state;
      },
    };
    const parts = { reconciler, lock: new ChangeLock(), logger, metrics: new Metrics() };
    this.#files = new CertificateFiles(parts);
  }

  get served(): readonly string[] {
    return this.desired.config.listeners.flatMap(({ tls }) =>
      (tls?.certificates ?? []).map(({ cert }) => cert),
    );
  }

  /** Lets the files be looked at until it is so. */
  async until(isSo: () => boolean): Promise<void> {
    const untilMs = performance.now() + WAIT_MS_MAX;
    while (!isSo()) {
      assert.ok(performance.now() < untilMs, this.lines.join("\n"));
      this.#t.mock.timers.tick(LIMITS.certificateLookMs);
      await new Promise(setImmediate);
    }
  }

  async lookOften(): Promise<void> {
    const enough = this.looks + 5;
    await this.until(() => this.looks >= enough);
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]();
  }
}

test("files that are as they were read are left alone, and renewed ones go live once", async (t) => {
  write("a", first);
  using stand = new Stand(t, read("a"));
  await stand.lookOften();
  assert.equal(stand.brought, 0);
  write("a", renewed);
  await stand.until(() => stand.brought > 0);
  await stand.lookOften();
  assert.deepEqual([stand.brought, stand.served], [1, [renewed.cert]]);
});

test("what was renewed while the proxy started goes live", async (t) => {
  write("a", first);
  const started = read("a");
  write("a", renewed);
  using stand = new Stand(t, started);
  await stand.until(() => stand.brought > 0);
  await stand.lookOften();
  assert.deepEqual([stand.brought, stand.served], [1, [renewed.cert]]);
});

test("so does what was renewed while a reload that names it came to an end", async (t) => {
  write("a", first);
  write("b", first);
  using stand = new Stand(t, read("a"));
  await stand.lookOften();
  const reloaded = read("a", "b");
  write("b", renewed);
  stand.desired = reloaded;
  await stand.until(() => stand.brought > 0);
  assert.deepEqual(stand.served, [first.cert, renewed.cert]);
});

test("what is half written when the proxy starts is said once, and goes live when it is whole", async (t) => {
  write("a", first);
  const started = read("a");
  write("a", { ...renewed, key: first.key });
  using stand = new Stand(t, started);
  await stand.until(() => stand.lines.length > 0);
  await stand.lookOften();
  assert.match(
    stand.lines.join(),
    /^[^\n]*a certificate is refused, the old one serves on[^\n]*\n$/,
  );
  assert.deepEqual(stand.served, [first.cert]);
  write("a", renewed);
  await stand.until(() => stand.brought > 0);
  assert.deepEqual(stand.served, [renewed.cert]);
});
