// Deployments one after the other of a script that answers with its own version, while
// connections ask without a pause.

import { connect } from "node:net";
import { deploy, versioned, WITH_TOKEN } from "../life/control.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { SocketOrigin } from "../life/socket-origin.ts";
import { residentMiB } from "./resident.ts";

export interface DeployLoad {
  readonly deployments: number;
  readonly connections: number;
  readonly isolation: "inline" | "process";
}

export interface DeployLoadResult {
  answered: number;
  readonly failures: string[];
  /** Answers that began on one version and ended on another. */
  readonly mixed: string[];
  /** That were seen, in the order in which they came up first. */
  readonly versions: number[];
  /** From POST to its answer, in ms. */
  readonly deployMs: number[];
  /** Of the proxy's process and its cells, after each tenth of the deployments. */
  readonly residentKiB: number[];
}

export async function deployUnderLoad({
  deployments,
  connections,
  isolation,
}: DeployLoad): Promise<DeployLoadResult> {
  await using origin = await SocketOrigin.start();
  await using proxy = await TestProxy.start({
    config: {
      ...oneTenant({ origin: [origin.address] }, { isolation }),
      workers: 2,
      log: { access: "off" },
    },
    env: WITH_TOKEN,
  });
  const result: DeployLoadResult = {
    ...{ answered: 0, failures: [], mixed: [], versions: [] },
    ...{ deployMs: [], residentKiB: [] },
  };
  await deployed(proxy, 1, result);
  const state = { isOver: false };
  const loops = Array.from({ length: connections }, () => ask(proxy.port, result, state));
  for (let version = 2; version <= deployments; version++) {
    await deployed(proxy, version, result);
    if (connections > 0) await answers(result, 50);
    if (version % Math.ceil(deployments / 10) === 0) result.residentKiB.push(residentOf(proxy));
  }
  if (connections > 0) await answers(result, 200);
  state.isOver = true;
  await Promise.all(loops);
  return result;
}

async function deployed(proxy: TestProxy, version: number, result: DeployLoadResult) {
  const startMs = performance.now();
  const { status, body } = await deploy(proxy, versioned(version));
  result.deployMs.push(performance.now() - startMs);
  if (status !== 201 || Number(body.version) !== version) {
    result.failures.push(`deployment ${version}: ${status} ${JSON.stringify(body)}`);
  }
}

async function answers(result: DeployLoadResult, more: number): Promise<void> {
  const enough = result.answered + more;
  while (result.answered < enough && result.failures.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function ask(port: number, result: DeployLoadResult, state: { readonly isOver: boolean }) {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  const over = Promise.withResolvers<void>();
  let text = "";
  const send = (): void => {
    text = "";
    socket.write("GET / HTTP/1.1\r\nHost: load.test\r\n\r\n");
  };
  socket.on("connect", send);
  socket.on("error", (error) => result.failures.push(error.message));
  socket.on("close", () => {
    if (!state.isOver) result.failures.push("a connection was closed");
    over.resolve();
  });
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    if (!isWhole(text)) return;
    note(text, result);
    if (state.isOver) socket.destroy();
    else send();
  });
  await over.promise;
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? "0");
  return text.length >= end + 4 + length;
}

function note(text: string, result: DeployLoadResult): void {
  result.answered++;
  if (!text.startsWith("HTTP/1.1 200")) result.failures.push(text);
  const [, ended = "", began = ""] = /\r\nx-version: (\d+) (\d+)/i.exec(text) ?? [];
  if (ended === "" || ended !== began) result.mixed.push(text);
  const version = Number(ended);
  if (result.versions.at(-1) !== version && !result.versions.includes(version)) {
    result.versions.push(version);
  }
}

const residentOf = (proxy: TestProxy): number =>
  Math.round(residentMiB(proxy.process.pid ?? 0) * 1_024);
