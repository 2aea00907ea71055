// Reload and handover, asked for over HTTP: what SIGHUP and SIGUSR2 do, with an answer.

import * as z from "zod";
import { ApiError, closed } from "./problem.ts";
import { type AdminRoute, json, NO_BODY, NOTHING, route } from "./route.ts";

export interface OperateParts {
  reload(): Promise<ReloadResult>;
  handOver(): Promise<
    { readonly ok: true; readonly pid: number } | { readonly ok: false; readonly reason: string }
  >;
}

export type ReloadResult =
  | {
      readonly ok: true;
      readonly generation: number;
      /** Of the store; 0: there is none. */
      readonly revision: number;
      /** Names of tenants. */
      readonly added: readonly string[];
      readonly removed: readonly string[];
      readonly changed: readonly string[];
      /** Keys that changed in the file and take effect with a handover or restart only. */
      readonly needsHandover: readonly string[];
      readonly durationMs: number;
    }
  /** The old configuration serves on. Each problem is one line, with its place if it has one. */
  | {
      readonly ok: false;
      /** Nothing is wrong with it, but nothing may change now. */
      readonly isClosed: boolean;
      readonly problems: readonly string[];
    };

const names = () => z.array(z.string()).readonly();

const RELOADED = z.object({
  generation: z.int(),
  revision: z.int().describe("Of the store, by which all of it is served; 0: there is none."),
  added: names().describe("Tenants."),
  removed: names(),
  changed: names(),
  needsHandover: names().describe("Keys whose change takes effect with a handover only."),
  durationMs: z.int(),
});

export const operateRoutes = ({ reload, handOver }: OperateParts): readonly AdminRoute[] => [
  route({
    method: "POST",
    path: "/v1/reload",
    access: "machine",
    summary: "Read the configuration and its scripts again",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("Every worker serves what is new.", RELOADED) },
    problems: { 503: "Another process takes over, or this one ends: nothing changed." },
  }).handle(async () => {
    const result = await reload();
    if (!result.ok) throw refused(result);
    const { ok: _, ...body } = result;
    return { status: 200, body };
  }),
  route({
    method: "POST",
    path: "/v1/handover",
    access: "machine",
    summary: "Replace the process by a new one, without dropping a connection",
    params: NOTHING,
    query: NOTHING,
    body: NO_BODY,
    answers: { 200: json("The new process serves.", z.object({ pid: z.int() })) },
    problems: { 503: "It did not become ready: the old one serves on." },
  }).handle(async () => {
    const result = await handOver();
    if (result.ok) return { status: 200, body: { pid: result.pid } };
    const detail = `The handover failed, this process serves on: ${result.reason}`;
    throw new ApiError(503, detail);
  }),
];

function refused({ problems, isClosed }: Extract<ReloadResult, { ok: false }>): ApiError {
  const errors = problems.map((text) => ({ text }));
  if (isClosed) return closed("Nothing can be changed now: nothing changed.", errors);
  return new ApiError(422, "The reload was refused: nothing changed.", { errors });
}
