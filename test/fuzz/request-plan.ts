// What one request of the fuzzer is to do, hook by hook: drawn here, sent in a header, done by the
// script of request-script.ts.

import type { Draw } from "./random.ts";

/** A deed with its figure: `["timer", 5]` waits 5 ms. */
export type Step = readonly [deed: Deed, figure: number];

const DEEDS = [
  "timer",
  "tick",
  "flight",
  "gate",
  "open",
  "log",
  "body",
  "spin",
  "stray",
  "all",
] as const;

type Deed = (typeof DEEDS)[number] | "throw" | "overrun" | "detach" | "answer";

export type HookName =
  | "requestFilter"
  | "upstreamPeer"
  | "connectedToUpstream"
  | "upstreamRequestFilter"
  | "responseFilter"
  | "requestBodyFilter"
  | "responseBodyFilter"
  | "logging";

const HOOKS: readonly HookName[] = [
  "requestFilter",
  "upstreamPeer",
  "connectedToUpstream",
  "upstreamRequestFilter",
  "responseFilter",
  "requestBodyFilter",
  "responseBodyFilter",
  "logging",
];
const BODY_HOOKS: ReadonlySet<HookName> = new Set(["requestBodyFilter", "responseBodyFilter"]);

export type OriginDeed = "answer" | "slowly" | "reset" | "break" | "early" | "inform" | "close";

export interface Plan {
  readonly token: string;
  readonly hooks: Readonly<Partial<Record<HookName, readonly Step[]>>>;
  readonly origin: OriginDeed;
  /** How often the token stands in the request's body; 0: there is none. */
  readonly sent: number;
  /** … and in the origin's answer. */
  readonly answered: number;
  /** When the client leaves, in ms; 0: it stays. */
  readonly leavesMs: number;
  /** Nothing in it fails by itself. */
  readonly isInnocent: boolean;
}

export function drawPlan(draw: Draw, token: string): Plan {
  const hooks: Partial<Record<HookName, readonly Step[]>> = {};
  let isInnocent = true;
  for (const hook of HOOKS) {
    if (draw.isOneIn(2)) continue;
    const steps = Array.from({ length: draw.from(1, 3) }, () => drawStep(draw));
    const guilt = drawGuilt(draw, hook);
    if (guilt !== null) {
      steps.push([guilt, 0]);
      if (guilt === "throw" || guilt === "overrun") isInnocent = false;
    }
    hooks[hook] = steps;
  }
  const origin = draw.isOneIn(6)
    ? draw.one(["slowly", "reset", "break", "early", "inform", "close"] as const)
    : "answer";
  return {
    token,
    hooks,
    origin,
    sent: draw.isOneIn(3) ? draw.from(1, 3_000) : 0,
    answered: draw.from(0, 4_000),
    leavesMs: draw.isOneIn(12) ? draw.from(1, 60) : 0,
    isInnocent,
  };
}

function drawStep(draw: Draw): Step {
  const deed = draw.one(DEEDS);
  const figures = { timer: 25, flight: 3, gate: 3, open: 3, spin: 3 } as const;
  return [deed, draw.from(1, deed in figures ? figures[deed as keyof typeof figures] : 5)];
}

function drawGuilt(draw: Draw, hook: HookName): Deed | null {
  if (BODY_HOOKS.has(hook) && draw.isOneIn(4)) return "detach";
  if (hook === "requestFilter" && draw.isOneIn(12)) return "answer";
  if (draw.isOneIn(60)) return "throw";
  return draw.isOneIn(8_000) ? "overrun" : null;
}
