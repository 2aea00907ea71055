// A proxy at work, as the screenshots of the documentation show it: three tenants with visitors,
// one of which tries a version of its script that mends a failure.

import { get as ask } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { call, list, TOKEN, WITH_TOKEN } from "../life/control.ts";
import { type HttpOrigin, httpOrigin } from "../life/http-origin.ts";
import { TestProxy } from "../life/proxy.ts";

const BROKEN = `import { counter, definePhases, log } from "sluice";

const carts = counter("carts");
const prices: Record<string, number> = { "/cart/1": 5, "/cart/2": 12 };

export default definePhases({
  requestFilter({ request }) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/cart/")) log.info(\`cart no. \${carts.incr()}\`);
  },

  responseFilter({ request, response }) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/cart/")) return;
    response.headers.set("x-price", prices[pathname]!.toFixed(2));
  },
});
`;
const FIXED = BROKEN.replace("prices[pathname]!.toFixed", "(prices[pathname] ?? 0).toFixed");

const PATHS = ["/", "/cart/1", "/search?q=tea", "/cart/2", "/style.css", "/about", "/cart/1"];
/** One in so many asks for the cart that fails. */
const FAILS_EACH = 23;
const TENANTS = ["shop", "api", "blog"] as const;

export class Scene implements AsyncDisposable {
  readonly proxy: TestProxy;
  readonly token = TOKEN;
  readonly #origin: HttpOrigin;
  #asked = 0;

  private constructor(proxy: TestProxy, origin: HttpOrigin) {
    this.proxy = proxy;
    this.#origin = origin;
  }

  static async open(): Promise<Scene> {
    const origin = await httpOrigin(({ url = "" }, response) => {
      const isSlow = url.startsWith("/search");
      setTimeout(() => response.end("page"), isSlow ? 40 : 4);
    });
    const tenant = (name: string) => ({
      hosts: [`${name}.example.com`],
      upstreams: { pages: { peers: [origin.address] } },
      defaultUpstream: "pages",
    });
    const proxy = await TestProxy.start({
      config: {
        store: "memory",
        tenants: Object.fromEntries(TENANTS.map((name) => [name, tenant(name)])),
      },
      env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: Buffer.alloc(32, 7).toString("base64") },
    });
    const scene = new Scene(proxy, origin);
    await scene.#deploy(BROKEN, "carts say their price");
    const shop = (path: string) => `/tenants/shop/${path}`;
    await call(proxy, ["PUT", shop("flags/checkout")], { value: { on: true, color: "blue" } });
    await call(proxy, ["PUT", shop("secrets/api-key")], { value: "correct horse" });
    await call(proxy, ["POST", shop("capture-rules")], {
      path: "/cart",
      statuses: ["error"],
      count: 1_000,
    });
    return scene;
  }

  async #deploy(source: string, message: string, percent = 100): Promise<void> {
    const body = { files: { "main.ts": source }, message, percent };
    await call(this.proxy, ["POST", "/tenants/shop/deployments"], body);
  }

  /** The version that mends it, for a quarter of the clients. */
  deployFix = (): Promise<void> => this.#deploy(FIXED, "carts without a price cost nothing", 25);

  /** Visitors for so long, from 40 addresses. */
  async visit(forMs: number, everyMs = 20): Promise<void> {
    const end = performance.now() + forMs;
    while (performance.now() < end) {
      await this.#visitOnce();
      await sleep(everyMs);
    }
  }

  #visitOnce(): Promise<void> {
    const asked = this.#asked++;
    const isBad = asked % FAILS_EACH === 0;
    const path = isBad ? "/cart/7" : (PATHS[asked % PATHS.length] ?? "/");
    // most of it is the shop's
    const tenant = TENANTS[isBad || asked % 9 < 6 ? 0 : 1 + (asked % 2)] ?? "shop";
    const headers = { host: `${tenant}.example.com`, connection: "close" };
    const localAddress = `127.0.0.${2 + (asked % 40)}`;
    return new Promise((resolve, reject) => {
      ask({ host: this.proxy.host, port: this.proxy.port, path, headers, localAddress })
        .on("response", (response) => response.resume().on("end", resolve))
        .on("error", reject);
    });
  }

  /** A request of the shop that failed and was captured. */
  async failed(): Promise<string> {
    const { body } = await call(this.proxy, ["GET", "/tenants/shop/captures"]);
    return String(list(body.captures)[0]?.requestId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.#origin[Symbol.asyncDispose]();
  }
}
