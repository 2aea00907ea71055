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
  [
    ["help", "dep"],
    ["deploy", "deployments"],
  ],
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

/** The shell's own functions, which want a terminal: what they are handed is what is offered. */
const ZSH_STANDINS = `
_describe() { print -r -- \${\${(P)2}%%:*} }
compadd() { shift; print -r -- $@ }
_files() { print -r -- files }
compdef() {}
`;

test("zsh offers the same, and files where no word of ours fits", {
  skip: !has("zsh"),
}, async () => {
  const script = await scriptFor("zsh");
  const rows = [...OFFERED, [["deploy", ""], ["files"]] as const];
  const typed = rows.map(([words]) => {
    const quoted = words.map((word) => `'${word}'`).join(" ");
    return `words=(sluice ${quoted}); CURRENT=${words.length + 1}; _sluice`;
  });
  const { status, stdout, stderr } = await run("zsh", ["-f"], {
    input: `${ZSH_STANDINS}\n${script}\n${typed.join("\n")}\n`,
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, rows.length, stdout);
  for (const [i, [words, expected]] of rows.entries()) {
    // the shell itself leaves out what does not begin with what was typed
    const offered = (lines[i] ?? "").split(" ").filter((one) => one.startsWith(words.at(-1) ?? ""));
    assert.deepEqual(offered, expected, words.join(" "));
  }
});
