// A browser: Debian's Chromium loads a page over HTTP/2 with scripts in the way, speaks through a
// WebSocket, takes no download for whole that its origin broke off, and shows the answer to an
// upload that its origin refused before all of it had come.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { WebSocketServer } from "ws";
import { launchBrowser, noBrowser } from "../dashboard/browser.ts";
import { makeCertificate } from "../support/certificates.ts";
import { laneOf } from "./lane.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  newCtx: () => ({ path: "" }),
  requestFilter: ({ request }, ctx) => void (ctx.path = request.target),
  responseFilter: ({ response }, ctx) => response.headers.set("x-path", ctx.path),
});`;

const PAGE = `<!doctype html><title>shop</title><link rel=stylesheet href=/style.css>
<h1>waiting</h1><img src=/one.svg width=64 height=64><img src=/two.svg width=64 height=64>
<script src=/page.js></script>`;
const PAGE_JS = `const heading = document.querySelector("h1");
const socket = new WebSocket("wss://" + location.host + "/socket");
socket.onopen = () => socket.send("hello");
socket.onmessage = ({ data }) => { heading.textContent = data; };`;
const SQUARE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path fill="green" d="M0 0h1v1H0z"/></svg>`;
const FILES: Readonly<Record<string, readonly [type: string, text: string]>> = {
  "/": ["text/html", PAGE],
  "/style.css": ["text/css", "h1 { color: rgb(0, 0, 255) }"],
  "/page.js": ["text/javascript", PAGE_JS],
  "/one.svg": ["image/svg+xml", SQUARE],
  "/two.svg": ["image/svg+xml", SQUARE],
};

const BLUE = "rgb(0, 0, 255)";
/** Of the page in the browser. */
const SEEN = `({
  protocols: [...new Set(performance.getEntries().map(({ nextHopProtocol }) => nextHopProtocol))]
    .filter(Boolean),
  images: [...document.images].filter(({ naturalWidth }) => naturalWidth > 0).length,
  colour: getComputedStyle(document.querySelector("h1")).color,
})`;

const LARGE_BYTES = 4_194_304;

/** Half of it, and then the origin is gone. */
function breakOff(response: ServerResponse, length: number | null): void {
  response.writeHead(200, length === null ? {} : { "content-length": length });
  response.write(Buffer.alloc(LARGE_BYTES / 2), () => response.destroy());
}

const origin = createServer((request, response) => {
  const { url = "" } = request;
  if (url === "/refuses") {
    request.resume();
    return response.writeHead(413, { "content-type": "text/plain" }).end("too large a page");
  }
  if (url === "/large") return response.end(Buffer.alloc(LARGE_BYTES));
  if (url === "/broken/length") return breakOff(response, LARGE_BYTES);
  if (url === "/broken/chunks") return breakOff(response, null);
  const [type, text] = FILES[url] ?? ["text/plain", ""];
  return response.writeHead(200, { "content-type": type }).end(text);
});
const far = new WebSocketServer({ server: origin });
far.on("connection", (socket) => {
  socket.on("error", () => undefined);
  socket.on("message", (said) => socket.send(`${said} through the proxy`));
});
origin.listen(0, "127.0.0.1");
await once(origin, "listening");
after(() => {
  for (const socket of far.clients) socket.terminate();
  origin.close();
});

const skip = await noBrowser();

test("a page, its resources and a WebSocket come to a browser, and no broken download ends well", {
  skip,
}, async () => {
  const { cert, key } = await makeCertificate("DNS:shop.localhost");
  const { port } = origin.address() as AddressInfo;
  const tenant = { hosts: ["shop.localhost"], script: "main.ts", ...laneOf({ script: "main.ts" }) };
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT, "own.pem": cert, "own.key": key },
    config: {
      ...oneTenant({ origin: [`127.0.0.1:${port}`] }, tenant),
      listeners: [
        { address: "127.0.0.1:0", tls: { certificates: [{ cert: "own.pem", key: "own.key" }] } },
      ],
    },
  });
  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("requestfailed", (failed) => complaints.push(failed.url()));
    const paths: (string | undefined)[] = [];
    page.on("response", (response) => paths.push(response.headers()["x-path"]));
    await page.goto(`https://shop.localhost:${proxy.port}/`);
    await page.getByRole("heading", { name: "hello through the proxy" }).waitFor();
    assert.deepEqual(await page.evaluate(SEEN), { protocols: ["h2"], images: 2, colour: BLUE });
    assert.deepEqual(complaints, []);
    assert.ok(
      Object.keys(FILES).every((path) => paths.includes(path)),
      paths.join(),
    );
    const download = (path: string): Promise<number | string> =>
      page.evaluate(async (target) => {
        const response = await fetch(target);
        return await response.arrayBuffer().then(
          ({ byteLength }) => byteLength,
          (error) => `${error}`,
        );
      }, path);
    assert.equal(await download("/large"), LARGE_BYTES);
    assert.match(`${await download("/broken/length")}`, /TypeError/);
    assert.match(`${await download("/broken/chunks")}`, /TypeError/);
    assert.equal(await download("/large"), LARGE_BYTES);
    const upload = page.evaluate(async (bytes) => {
      const response = await fetch("/refuses", { method: "POST", body: new Uint8Array(bytes) });
      return [response.status, await response.text()];
    }, LARGE_BYTES);
    assert.deepEqual(await upload, [413, "too large a page"]);
  } finally {
    await browser.close();
  }
});
