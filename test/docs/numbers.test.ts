// Figures in the documentation's prose are those of the code: each stands here beside the limit
// that it comes from. (The table of a tenant's limits has a test of its own.)

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { TENANT_LIMITS } from "../../src/base/config/tenant-limits.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { ROOT } from "./markdown.ts";

const KIB = 1_024;
const MIB = KIB * KIB;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

type Figure = readonly [page: string, sentence: RegExp, figure: number];

/** The group in each sentence is the figure. */
const FIGURES: readonly Figure[] = [
  ["configuration", /a log line has at most ([\d,]+) characters/, LIMITS.scriptMessageChars],
  ["configuration", /a counter's name (\d+),/, LIMITS.metricLabelChars],
  ["configuration", /headers that a script edits (\d+) KiB/, LIMITS.scriptHeaderBytes / KIB],
  ["configuration", /Where no byte passes for (\d+) minutes/, LIMITS.tunnelIdleMs / MINUTE],
  ["phases", /each is cut at ([\d,]+) characters/, LIMITS.scriptMessageChars],
  ["phases", /A request may write (\d+) lines/, TENANT_LIMITS.logLines.default],
  ["phases", /A value of (\d+) characters or more that the script/, LIMITS.redactedChars],
  ["security", /hooks made of bodies, (\d+) MiB in each worker/, LIMITS.unreadAnswerBytes / MIB],
  ["security", /to over (\d+) times their size/, LIMITS.decodedRatio],
  ["dashboard", /nothing for (\d+) s, three heartbeats/, (3 * LIMITS.tailHeartbeatMs) / SECOND],
  ["errors", /decodes to over (\d+) times its size/, LIMITS.decodedRatio],
  ["errors", /over (\d+) times its size when it is decoded/, LIMITS.decodedRatio],
  ["errors", /up to (\d+) KiB of it are kept/, LIMITS.replayBytes / KIB],
  [
    "errors",
    /while (\d+) MiB of what it gave before have yet to be/,
    LIMITS.unreadAnswerBytes / MIB,
  ],
  ["operations", /At most (\d+) connections; heads within/, LIMITS.adminConnections],
  ["operations", /heads within (\d+) s, whole/, LIMITS.adminHeadMs / SECOND],
  ["operations", /whole requests within (\d+) s/, LIMITS.adminRequestMs / SECOND],
  ["operations", /for (\d+) s, whose answer says/, LIMITS.drainGraceMs / SECOND],
  ["operations", /the new process is not ready within (\d+) s/, LIMITS.handoverMs / SECOND],
  ["operations", /After a crash in the first (\d+) s/, LIMITS.crashAgeMs / SECOND],
  ["deployments", /kept of the newest (\d+) versions/, LIMITS.deploymentsKept],
];

/** Line breaks and thousands' commas are for the eye. */
const proseOf = (page: string): string =>
  readFileSync(join(ROOT, "docs", `${page}.md`), "utf8").replaceAll(/\s+/g, " ");

const numberOf = (text: string | undefined): number => Number(text?.replaceAll(",", ""));

describe("figures in the docs", () => {
  for (const [page, sentence, figure] of FIGURES) {
    it(`docs/${page}.md: ${sentence.source} is ${figure}`, () => {
      const [, found] = sentence.exec(proseOf(page)) ?? [];
      assert.equal(numberOf(found), figure);
    });
  }

  it("tell nobody two lengths of a log line", () => {
    const told = ["configuration", "phases", "scripts", "security"].flatMap((page) => [
      ...proseOf(page).matchAll(/(?:log line|each is cut at)[^.]{0,40}?([\d,]{5,}) characters/g),
    ]);
    assert.deepEqual(
      [...new Set(told.map(([, figure]) => numberOf(figure)))],
      [LIMITS.scriptMessageChars],
    );
  });
});
