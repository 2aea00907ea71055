// Completion scripts, in the shells that they are for.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { run } from "../support/program.ts";
import { sluice } from "./fake-admin.ts";

const scriptFor = async (shell: string): Promise<string> => {
  const { status, stdout, stderr } = await sluice(["completion", shell]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  return stdout;
};

const has = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

/** What is typed, the word under the cursor last, and what is offered. */
const OFFERED: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["se"], ["serve", "secret"]],
  [
    ["secret", ""],
    ["put", "list", "delete", "help"],
  ],
  [["deployments", "v"], ["view"]],
  [["token", "create", "--ro"], ["--role"]],
  [
    ["token", "create", "--role", ""],
    ["operator", "deployer", "reader"],
  ],
  [
    ["completion", ""],
    ["bash", "zsh", "fish"],
  ],
  [["tail", "--tenant", "shop", "--st"], ["--status"]],
];

test("bash offers commands, options and what may follow them", { skip: !has("bash") }, async () => {
  const script = await scriptFor("bash");
  const typed = OFFERED.map(([words]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    return `COMP_WORDS=(sluice ${quoted}); COMP_CWORD=${words.length}; _sluice; echo "\${COMPREPLY[*]}"`;
  });
  const { status, stdout, stderr } = await run("bash", ["--norc"], {
    input: `${script}\n${typed.join("\n")}\n`,
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const expected = OFFERED.map(([, words]) => words.join(" "));
  assert.deepEqual(stdout.trimEnd().split("\n"), expected);
});

test("bash is left to complete files where no word of ours fits", {
  skip: !has("bash"),
}, async () => {
  const script = await scriptFor("bash");
  const { stdout } = await run("bash", ["--norc"], {
    input: `${script}\nCOMP_WORDS=(sluice deploy ''); COMP_CWORD=2; _sluice; echo "\${#COMPREPLY[@]}"\ncomplete -p sluice\n`,
  });
  assert.equal(stdout, "0\ncomplete -o default -F _sluice sluice\n");
});

test("fish offers the same, with descriptions", { skip: !has("fish") }, async () => {
  const script = await scriptFor("fish");
  for (const [words, expected] of OFFERED) {
    const line = `sluice ${words.join(" ")}`;
    const { stdout } = await run("fish", ["--no-config", "-c", `${script}\ncomplete -C '${line}'`]);
    const offered = stdout
      .trimEnd()
      .split("\n")
      .map((one) => one.split("\t")[0] ?? "");
    for (const word of expected) assert.ok(offered.includes(word), `${line}: ${offered}`);
  }
});

test("zsh can read its script", { skip: !has("zsh") }, async () => {
  const { status, stderr } = await run("zsh", ["-n"], { input: await scriptFor("zsh") });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});
