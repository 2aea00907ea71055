// Hooks are found wherever JavaScript would find them: own, inherited, behind a getter.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { load } from "sluice/test";

const folder = mkdtempSync(join(tmpdir(), "sluice-class-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

function write(code: string): string {
  const file = join(folder, `script-${files++}.ts`);
  writeFileSync(file, `import { definePhases, log, type Session } from "sluice";\n${code}\n`);
  return file;
}

/** Each turns a request for /admin away, and lets every other one pass. */
const GUARDS: Readonly<Record<string, string>> = {
  "a method of its class": `
    class Guard {
      #secret = "/admin";
      requestFilter({ request }: Session) {
        if (this.isClosed(request.target)) return new Response("no", { status: 403 });
      }
      isClosed(target: string) { return target === this.#secret; }
    }
    export default definePhases(new Guard());`,
  "a method of a class above": `
    class Base {
      closed = "/admin";
      requestFilter({ request }: Session) {
        if (request.target === this.closed) return new Response("no", { status: 403 });
      }
    }
    class Guard extends Base { logging() { log.info("over"); } }
    export default definePhases(new Guard());`,
  "what a getter gives": `
    class Guard {
      get requestFilter() {
        return ({ request }: Session) =>
          request.target === "/admin" ? new Response("no", { status: 403 }) : undefined;
      }
    }
    export default definePhases(new Guard());`,
  "a property that cannot be enumerated": `
    const phases = Object.defineProperty({}, "requestFilter", {
      value: ({ request }: Session) =>
        request.target === "/admin" ? new Response("no", { status: 403 }) : undefined,
    });
    export default definePhases(phases);`,
  "what an object inherits": `
    const base = {
      requestFilter: ({ request }: Session) =>
        request.target === "/admin" ? new Response("no", { status: 403 }) : undefined,
    };
    export default definePhases(Object.create(base));`,
};

for (const [title, code] of Object.entries(GUARDS)) {
  test(`a hook runs that is ${title}`, async () => {
    await using app = await load(write(code));
    assert.equal((await app.run({ url: "/admin" })).response?.status, 403);
    assert.equal((await app.run({ url: "/shop" })).response?.status, 200);
  });
}

test("bodies may stand in a class as well", async () => {
  const file = write(`
    class Whole {
      bodies = { request: { bufferBytes: 1_000 } } as const;
      requestBodyFilter({ chunk }: { chunk: Uint8Array }) { return String(chunk.length); }
    }
    export default definePhases(new Whole());`);
  await using app = await load(file);
  const { upstreamRequest } = await app.run({ method: "POST", body: ["abc", "de"] });
  assert.equal(upstreamRequest?.body, "5");
});

test("what is no function where a hook should be is an error, wherever it stands", async () => {
  const file = write(`
    class Guard { get requestFilter() { return "closed"; } }
    export default definePhases(new Guard() as object);`);
  await assert.rejects(load(file), /requestFilter: expected a function, got string/);
});

test("a class in place of an instance is an error that says what to do", async () => {
  const file = write(`
    class Guard { requestFilter() { return new Response("no"); } }
    export default definePhases(Guard as object);`);
  await assert.rejects(load(file), /expected an object of hooks, got a class or function.*new/);
});
