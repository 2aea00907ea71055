// Debian's Chromium with the dashboard of a proxy open, watched: whatever a page complains of, asks
// elsewhere for or would have run is a failure of the test.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import {
  type Browser,
  type BrowserContext,
  type ConsoleMessage,
  chromium,
  type Page,
} from "playwright-core";
import { missing } from "../support/debian.ts";

/** For a test's `skip`: false if there is a browser. */
export const noBrowser = (): Promise<string | false> => missing("chromium", "chromium");

/** As people wait for a page on a busy machine. */
const PATIENCE_MS = 60_000;

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    ...{ executablePath: "/usr/bin/chromium", timeout: 2 * PATIENCE_MS },
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const WATCH = `addEventListener("securitypolicyviolation", (event) => {
  console.error("CSP: " + event.violatedDirective + " " + event.blockedURI + " " + event.sample);
});`;

/** A proxy whose store is its own says so by 404, and Chromium tells every 404. */
const isAlone = (message: ConsoleMessage): boolean =>
  message.text().includes("404") && message.location().url.endsWith("/v1/nodes");

export interface DeskOptions {
  readonly isDark?: boolean;
  readonly width?: number;
}

export class Desk implements AsyncDisposable {
  readonly page: Page;
  /** What went wrong in the page. */
  readonly complaints: string[] = [];
  /** Calls of the admin API. */
  readonly calls: string[] = [];
  readonly #context: BrowserContext;
  readonly #admin: string;

  private constructor(context: BrowserContext, page: Page, admin: string) {
    this.#context = context;
    this.page = page;
    this.#admin = admin;
    const home = new URL(admin).origin;
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("pageerror", (error) => this.complaints.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => this.complaints.push(`dialog: ${dialog.message()}`));
    page.on("console", (message) => {
      if (/^(?:error|warning)$/.test(message.type()) && !isAlone(message)) {
        this.complaints.push(message.text());
      }
    });
    page.on("request", (request) => {
      const { origin, pathname } = new URL(request.url());
      if (origin !== home) this.complaints.push(`asks ${request.url()}`);
      if (pathname.includes("/v1/")) this.calls.push(`${request.method()} ${pathname}`);
    });
  }

  static async open(
    browser: Browser,
    admin: string,
    { isDark = false, width = 1280 }: DeskOptions = {},
  ): Promise<Desk> {
    const colorScheme = isDark ? "dark" : "light";
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 860 } });
    await context.addInitScript(WATCH);
    return new Desk(context, await context.newPage(), admin);
  }

  async logIn(token: string): Promise<void> {
    await this.page.goto(`${this.#admin}/`);
    await this.page.getByLabel("Token of the admin API").fill(token);
    await this.page.keyboard.press("Enter");
    await this.page.getByRole("navigation", { name: "Pages" }).waitFor();
  }

  /** @param path  as the address has it: `tenants/demo/tail` */
  async go(path: string): Promise<void> {
    await this.page.goto(`${this.#admin}/dashboard/#/${path}`);
    await this.page.locator("main h1").waitFor();
    await this.page.locator("main [aria-busy]").first().waitFor({ state: "detached" });
  }

  /** What is not accessible, as axe names it; of colours alone, where only they are others. */
  async violations(rules: "all" | "colours" = "all"): Promise<readonly string[]> {
    const only = rules === "all" ? "" : `runOnly: ["color-contrast"],`;
    // added as a text, which the page's policy lets the debugger do and nobody else
    return await this.page.evaluate<string[]>(`${AXE};
      axe.run(document, { ${only} resultTypes: ["violations"] }).then(({ violations }) =>
        violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 120)))
      )`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
