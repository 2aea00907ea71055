// What V8's flags cost that make its compilers a smaller target: the calls of turn.ts under each of
// them, and a regular expression that backtracks without end.
//
//     node bench/micro/cell-flags.ts

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

const TURN = fileURLToPath(new URL("turn.ts", import.meta.url));
const REGEXP = "--enable-experimental-regexp-engine-on-excessive-backtracks";

const SETS: readonly (readonly string[])[] = [
  [],
  ["--no-turbofan"],
  ["--no-turbofan", "--no-maglev"],
  [REGEXP],
  ["--no-turbofan", REGEXP],
];

/** Twenty-two letters: some 2^22 ways to fail. */
const BACKTRACKS = `
  const startMs = performance.now();
  /^(a+)+$/.test("a".repeat(22) + "!");
  console.log(performance.now() - startMs);
`;

/** Processor time of one call in µs: the best of turn.ts's runs. */
async function turnUs(flags: readonly string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [...flags, TURN]);
  const runs = [...stdout.matchAll(/([\d.]+) µs of processor/g)].map(([, us]) => Number(us));
  return Math.min(...runs);
}

async function backtrackMs(flags: readonly string[]): Promise<number> {
  const { stdout } = await run(process.execPath, [...flags, "-e", BACKTRACKS]);
  return Number(stdout);
}

console.log("| flags | µs a call | regular expression, ms |");
console.log("| --- | --- | --- |");
for (const flags of SETS) {
  const [us, ms] = [await turnUs(flags), await backtrackMs(flags)];
  const name = flags.length === 0 ? "none" : `\`${flags.join(" ")}\``;
  console.log(`| ${name} | ${us.toFixed(1)} | ${ms.toFixed(0)} |`);
}
