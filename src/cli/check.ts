// `sluice check`: reports everything that can be found wrong with scripts and a configuration
// before they serve, with its place, all at once.

import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { parse } from "yaml";
import { ConfigError, loadConfig } from "../base/config/load.ts";
import { ownersOf } from "../base/config/operator.ts";
import type { Problem } from "../base/config/problems.ts";
import { type Finding, formatFinding, tidied } from "./checks/finding.ts";

interface CheckOptions {
  readonly config: string;
  readonly json?: true;
  readonly types: boolean;
}

const EXAMPLES = `
Examples:
  $ sluice check                     sluice.yaml and every script it names
  $ sluice check scripts/main.ts     one script
  $ sluice check --json edge.yaml    for other programs
`;

export function checkCommand(command: Command, done: (status: number) => void): Command {
  return command
    .description("check scripts and configurations: bundle, types, hooks, start-up")
    .argument("[file...]", "scripts (.ts, .js) and configurations (.yaml)")
    .option("-c, --config <file>", "configuration to check when no file is given", "sluice.yaml")
    .option("--json", "print the findings as JSON")
    .option("--no-types", "leave out the type checker")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .action(async (files: string[], options: CheckOptions) => done(await check(files, options)));
}

/** Warnings alone do not fail. */
async function check(files: readonly string[], options: CheckOptions): Promise<number> {
  const given = files.length > 0 ? files : [options.config];
  const { scripts, problems } = readAll(given);
  // Loaded late: `sluice --help` should not have to wait for a bundler.
  const { checkScript } = await import("./checks/script.ts");
  const { checkTypes } = await import("./checks/types.ts");
  const names = [...scripts.keys()];
  const [ofScripts, ofTypes] = await Promise.all([
    Promise.all(names.map((file) => checkScript({ file, envs: scripts.get(file) ?? [] }))),
    options.types ? checkTypes(names) : [],
  ]);
  const own = ofScripts.flat().filter((finding) => !isSaidBy(ofTypes, finding));
  const typed = ofTypes.filter((finding) => !isRefusedImport(own, finding));
  const findings = tidied([...problems, ...own, ...typed]);
  const errors = findings.filter(({ severity }) => severity === "error").length;
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: errors === 0, findings })}\n`);
  else report(findings, { errors, checked: given.join(", "), scripts: names.length });
  return errors === 0 ? 0 : 1;
}

/** The type checker knows of some things too, and for certain. */
const isSaidBy = (others: readonly Finding[], { file, line, message }: Finding): boolean =>
  others.some(
    (other) => other.file === file && other.line === line && other.message.endsWith(message),
  );

/** What an import must be says the bundler best: the checker recommends the types of Node. */
const isRefusedImport = (own: readonly Finding[], { file, line, column, message }: Finding) =>
  /^TS\d+: Cannot find (?:module|name) '/.test(message) &&
  own.some(
    (one) =>
      one.message.startsWith("Cannot import ") &&
      one.file === file &&
      one.line === line &&
      one.column === column,
  );

interface Summary {
  readonly errors: number;
  readonly checked: string;
  readonly scripts: number;
}

function report(findings: readonly Finding[], { errors, checked, scripts }: Summary): void {
  for (const finding of findings) process.stdout.write(`${formatFinding(finding)}\n`);
  const warnings = findings.length - errors;
  const counts = [count(errors, "error"), count(warnings, "warning")].filter((part) => part !== "");
  const verdict = counts.length === 0 ? "nothing to object to" : counts.join(", ");
  process.stdout.write(`${checked} (${count(scripts, "script") || "no script"}): ${verdict}\n`);
}

const count = (n: number, noun: string): string =>
  n === 0 ? "" : `${n} ${noun}${n === 1 ? "" : "s"}`;

interface ToCheck {
  /** By path, with the env of each tenant that has it. */
  readonly scripts: ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>;
  readonly problems: readonly Finding[];
}

function readAll(files: readonly string[]): ToCheck {
  const scripts = new Map<string, Readonly<Record<string, string>>[]>();
  const problems: Finding[] = [];
  for (const file of files) {
    if (!/\.ya?ml$/.test(file)) {
      scripts.set(file, []);
      continue;
    }
    try {
      for (const { script, env } of ownersOf(loadConfig(file))) {
        if (script !== null) scripts.set(script, [...(scripts.get(script) ?? []), env]);
      }
    } catch (thrown) {
      if (!(thrown instanceof ConfigError)) throw thrown;
      problems.push(...thrown.problems.map(toFinding));
      for (const script of scriptsNamedIn(file)) scripts.set(script, []);
    }
  }
  return { scripts, problems };
}

/** Of a configuration that is wrong somewhere: its scripts are checked all the same. */
function scriptsNamedIn(file: string): string[] {
  try {
    const document: unknown = parse(readFileSync(file, "utf8"));
    const tenants: unknown[] = Object.values(memberOf(document, "tenants") ?? {});
    const owners = [memberOf(document, "operator"), ...tenants];
    const names = owners.map((owner) => memberOf(owner, "script"));
    const paths = names.filter((name) => typeof name === "string");
    return paths.map((path) => resolve(dirname(file), path)).filter((path) => existsSync(path));
  } catch {
    return []; // its problems say why
  }
}

const memberOf = (value: unknown, key: string): unknown =>
  new Map<string, unknown>(Object.entries(value ?? {})).get(key);

const toFinding = ({ file, line, column, where, text }: Problem): Finding => ({
  file,
  line,
  column,
  severity: "error",
  message: where === "" ? text : `${where}: ${text}`,
});
