// An isolate with the web globals and nothing else of the runtime, so that they are tested where
// they live: without Node, and without the host. What comes out is JSON.

import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { build } from "esbuild";
import ivm from "isolated-vm";
import { EXTRAS } from "../../src/control/bundle-extras.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import { collectAtExit } from "../../src/sandbox/garbage-collector.ts";
import { changeUrl, parseUrl } from "../../src/sandbox/host-url.ts";

collectAtExit();

const folder = fileURLToPath(new URL("../../sdk/runtime/web/", import.meta.url));

/** Also shows what the host gets of a Response, of Headers, and of an edit. */
const ENTRY = `
  import { installWebGlobals } from "./install.ts";
  import { blockOf, headersOf } from "./headers.ts";
  import { changeUrl, parseUrl, tryUrl, useHostUrls } from "./parse-url.ts";
  import { bodyOf } from "./response.ts";
  installWebGlobals(globalThis);
  if (globalThis.hostUrls) useHostUrls(globalThis.hostUrls);
  Object.assign(globalThis, { blockOf, bodyOf, headersOf });
  globalThis.__sluiceShared = { changeUrl, parseUrl, tryUrl };
`;

export async function bundleWeb(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: folder },
    bundle: true,
    write: false,
    format: "iife",
    target: "esnext",
    tsconfigRaw: "{}",
  });
  return outputFiles[0]?.text ?? "";
}

const webCode = await bundleWeb();
const { extras } = await buildRuntime();
const urlCode = extras[EXTRAS.findIndex(({ name }) => name === "url")]?.code ?? "";

export class WebIsolate implements Disposable {
  readonly #isolate = new ivm.Isolate({ memoryLimit: 128 });
  readonly #context = this.#isolate.createContextSync();

  /** @param withUrl  whether URL and URLSearchParams are there too */
  constructor(withUrl = false) {
    if (withUrl) this.#context.global.setSync("hostUrls", hostUrls(), { copy: true });
    this.run(webCode);
    if (withUrl) this.run(urlCode);
  }

  run(code: string): void {
    this.#isolate.compileScriptSync(code).runSync(this.#context, { timeout: 20_000 });
  }

  /** The value of the last expression, which must be a string. */
  evaluate(code: string): string {
    const value: unknown = this.#context.evalSync(code, { timeout: 20_000 });
    return String(value);
  }

  /**
   * What the body of a function returns for these inputs (JSON), or the name of what it throws as
   * { thrown }. The body may await.
   */
  async call(body: string, ...inputs: readonly unknown[]): Promise<unknown> {
    // Parsed inside: in a literal, `__proto__` would be no property.
    const json = JSON.stringify(JSON.stringify(inputs));
    const call = `(async (...inputs) => {${body}})(...JSON.parse(${json}))
      .then((value) => ({ value }), (error) => ({ value: { thrown: error.name } }))
      .then(JSON.stringify)`;
    const text: unknown = await this.#context.eval(call, { promise: true, timeout: 20_000 });
    const answer: { value?: unknown } = JSON.parse(String(text));
    return answer.value;
  }

  /** What lives: whether V8 has collected the garbage of a start depends on the moment. */
  heapBytes(): number {
    setFlagsFromString("--expose-gc");
    const collector = this.#isolate.createContextSync();
    setFlagsFromString("--no-expose-gc");
    collector.evalSync("gc()");
    return this.#isolate.getHeapStatisticsSync().used_heap_size;
  }

  [Symbol.dispose](): void {
    this.#isolate.dispose();
  }
}

const hostUrls = (): object => ({
  parseUrl: new ivm.Callback(parseUrl),
  changeUrl: new ivm.Callback(changeUrl),
});

/** The same body, run by Node: the oracle. */
export async function callNode(body: string, ...inputs: readonly unknown[]): Promise<unknown> {
  const run: (...inputs: unknown[]) => unknown = new Function(
    ...["...inputs"],
    `return (async () => {${body}})()`,
  ).bind(null);
  try {
    const value = await run(...structuredClone(inputs));
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? "null");
  } catch (error) {
    return { thrown: error instanceof Error ? error.name : "unknown" };
  }
}
