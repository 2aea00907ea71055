// `npm run screenshots`: takes the pictures of docs/dashboard.md. With a folder as its argument it
// takes every page in both themes into that one, for somebody to look at.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { Desk, launchBrowser } from "../test/dashboard/browser.ts";
import { Scene } from "../test/dashboard/scene.ts";

export const SCREENSHOTS = fileURLToPath(new URL("../docs/screenshots/", import.meta.url));

interface Shot {
  readonly name: string;
  readonly path: string;
  readonly isDark?: boolean;
  /** After the page is there. */
  readonly prepare?: (page: Page, scene: Scene) => Promise<void>;
}

/** Steps of the charts are 5 s. */
const VISITS_MS = 40_000;

/** Until what a page asks for besides is there and drawn. */
const DRAWN_MS = 700;

/** Seconds in which a visitor surely meets the failure. */
const TRIES = 30;

const openFailed = async (page: Page, scene: Scene): Promise<void> => {
  await page.getByText("live, ").waitFor();
  const row = page.getByRole("row", { name: /500 GET.*\/cart\/7/ }).first();
  for (let tries = 0; tries < TRIES && !(await row.isVisible()); tries++) await scene.visit(1_000);
  await row.click();
  await page.getByRole("button", { name: "Replay", exact: true }).waitFor();
};

const replayed = async (page: Page): Promise<void> => {
  await page.getByRole("combobox").selectOption("2");
  await page.getByRole("button", { name: "Replay", exact: true }).click();
  await page.getByText("v2 answers it differently").waitFor();
};

const explained = async (page: Page): Promise<void> => {
  await page.getByLabel("URL").fill("http://shop.example.com/cart/7");
  await page.getByRole("button", { name: "Explain", exact: true }).click();
  await page.getByText("goes on").waitFor();
};

const ofDocs = (failed: string): readonly Shot[] => [
  { name: "overview", path: "" },
  { name: "tail", path: "tenants/shop/tail", isDark: true, prepare: openFailed },
  { name: "request", path: `tenants/shop/requests/${failed}`, prepare: replayed },
  { name: "versions", path: "tenants/shop/versions" },
];

const PATHS = [
  "",
  "tenants",
  "metrics",
  "explain",
  "nodes",
  "audit",
  "tenants/shop",
  "tenants/shop/versions",
  "tenants/shop/versions/2?from=1",
  "tenants/shop/requests",
  "tenants/shop/metrics",
  "tenants/shop/values",
  "tenants/shop/upstreams",
  "tenants/api",
  "tenants/api/versions",
] as const;

const all = (failed: string): readonly Shot[] =>
  [false, true].flatMap((isDark) => [
    ...ofDocs(failed).map((shot) => ({ ...shot, isDark })),
    { name: "explained", path: "explain", prepare: explained, isDark },
    ...PATHS.map((path) => ({ path, name: `page-${path.replaceAll(/\W+/g, "-")}`, isDark })),
  ]);

/** Gives the sizes of the files, in bytes. */
export async function takeScreenshots(folder: string, isForDocs: boolean): Promise<number[]> {
  mkdirSync(folder, { recursive: true });
  await using scene = await Scene.open();
  const browser = await launchBrowser();
  try {
    await scene.visit(VISITS_MS / 2);
    await scene.deployFix();
    await scene.visit(VISITS_MS / 2);
    const failed = await scene.failed();
    const sizes: number[] = [];
    for (const shot of isForDocs ? ofDocs(failed) : all(failed)) {
      const bytes = await take(browser, scene, { ...shot, isForDocs });
      const theme = isForDocs ? "" : shot.isDark ? "-dark" : "-light";
      writeFileSync(join(folder, `${shot.name}${theme}.${isForDocs ? "webp" : "png"}`), bytes);
      sizes.push(bytes.length);
    }
    return sizes;
  } finally {
    await browser.close();
  }
}

async function take(
  browser: Browser,
  scene: Scene,
  { path, prepare, isDark = false, isForDocs }: Shot & { readonly isForDocs: boolean },
): Promise<Buffer> {
  await using desk = await Desk.open(browser, scene.proxy.admin, { isDark });
  const { page } = desk;
  await desk.logIn(scene.token);
  await desk.go(path);
  await page.waitForTimeout(DRAWN_MS);
  await prepare?.(page, scene);
  if (desk.complaints.length > 0) throw new Error(desk.complaints.join("\n"));
  if (!isForDocs) return await page.screenshot();
  const session = await page.context().newCDPSession(page);
  const taken = await session.send("Page.captureScreenshot", { format: "webp", quality: 70 });
  return Buffer.from(taken.data, "base64");
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  const sizes = await takeScreenshots(folder ?? SCREENSHOTS, folder === undefined);
  process.stdout.write(
    `${sizes.length} pictures, ${sizes.reduce((sum, one) => sum + one)} bytes\n`,
  );
}
