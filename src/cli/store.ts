// `sluice store`: the file that the admin API's changes are in, backed up, put back, looked
// through; or the tables in PostgreSQL made. These work on the store itself, whether a proxy runs
// or not.

import { resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../base/config/load.ts";
import { type PostgresAddress, parsePostgres } from "../base/config/postgres.ts";
import { type Done, examples, group, withYes } from "./client/options.ts";
import { print, printJson, printTable } from "./client/print.ts";
import { canAsk, confirm } from "./client/terminal.ts";

interface Options {
  readonly config: string;
  readonly json?: true;
  readonly yes?: true;
}

export function storeCommand(command: Command, done: Done): Command {
  group(command, "where deployments, tenants, secrets are: backup, restore, check, migrate, move");
  examples(command, [
    "sluice store backup /backups/sluice-monday.db",
    "sluice store restore /backups/sluice-monday.db",
    "sluice store check",
    "sluice store migrate postgres://owner@db.example.com/sluice --grant sluice",
  ]);
  backupCommand(command, done);
  restoreCommand(command, done);
  checkCommand(command, done);
  migrateCommand(command, done);
  moveCommand(command, done);
  return command;
}

function backupCommand(parent: Command, done: Done): void {
  const command = withFile(parent.command("backup"))
    .description("copy the store, also while a proxy uses it")
    .argument("<file>", "where the copy goes; nothing may be there")
    .action(async (file: string, options: Options) => {
      const { backUpStore } = await import("../control/store/backup.ts");
      const target = resolve(file);
      const rows = backUpStore(pathOf(options), target);
      if (options.json) printJson({ file: target, rows: Object.fromEntries(rows) });
      else print(`backed up to ${target}: ${summary(rows)}`);
      done(0);
    });
  examples(command, ["sluice store backup /backups/sluice.db -c /etc/sluice/sluice.yaml"]);
}

function restoreCommand(parent: Command, done: Done): void {
  const command = withYes(withFile(parent.command("restore")))
    .description("put a copy in the place of the store; no proxy may use it")
    .argument("<file>", "a copy that sluice store backup made")
    .action(async (file: string, options: Options) => {
      const question = `Put ${file} in the place of the store?`;
      // a pipe was always let through: what was there before is kept beside it
      if (canAsk() && !(await confirm(question, options.yes === true))) return done(1);
      const { restoreStore } = await import("../control/store/backup.ts");
      const { rows, replaced } = restoreStore(pathOf(options), resolve(file));
      if (options.json) printJson({ replaced, rows: Object.fromEntries(rows) });
      else {
        print(`restored: ${summary(rows)}`);
        if (replaced !== null) print(`what was there before is ${replaced}`);
      }
      done(0);
    });
  examples(command, ["sluice store restore /backups/sluice.db"]);
}

function checkCommand(parent: Command, done: Done): void {
  const command = withFile(parent.command("check"))
    .description("look for damage in every row; exit status 1 if there is any")
    .argument("[file]", "a copy; left out: the store of the configuration")
    .action(async (file: string | undefined, options: Options) => {
      const { checkStore } = await import("../control/store/backup.ts");
      const rows = checkStore(file === undefined ? pathOf(options) : resolve(file));
      if (options.json) printJson({ rows: Object.fromEntries(rows) });
      else {
        const lines = [...rows].map(([table, count]) => [table, String(count)]);
        printTable(["TABLE", "ROWS"], lines, "sound, and of an older release");
      }
      done(0);
    });
  examples(command, ["sluice store check", "sluice store check /backups/sluice.db"]);
}

function migrateCommand(parent: Command, done: Done): void {
  const command = withFile(parent.command("migrate"))
    .description("make the tables in PostgreSQL, or bring those of an older release up to date")
    .argument("[url]", "of who owns the tables; left out: the store of the configuration")
    .option("--grant <role>", "let this role use the tables, and not make any")
    .action(async (url: string | undefined, options: Options & { readonly grant?: string }) => {
      const { migratePostgres } = await import("../control/store/postgres/migrate.ts");
      const address = addressOf(url, options);
      const { from, to } = await migratePostgres(address, options.grant ?? null);
      const what = from === to ? "nothing to do" : `format ${from === 0 ? "none" : from} → ${to}`;
      if (options.json) printJson({ store: address.shown, from, to });
      else print(`${address.shown}: ${what}`);
      done(0);
    });
  examples(command, [
    "sluice store migrate",
    "sluice store migrate postgres://owner@db.example.com/sluice --grant sluice",
  ]);
}

function moveCommand(parent: Command, done: Done): void {
  const command = parent
    .command("move")
    .description("copy all of a store from a file into PostgreSQL, or back into a new file")
    .argument("<from>", "sqlite:PATH or postgres://USER@HOST/DATABASE; it stays as it is")
    .argument("<to>", "the other one: tables without rows, or no file")
    .option("--json", "print the answer as JSON")
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .action(async (from: string, to: string, options: Pick<Options, "json">) => {
      const { moveToFile, moveToPostgres } = await import("../control/store/postgres/move.ts");
      const [source, target] = [parsePostgres(from), parsePostgres(to)];
      const file = /^sqlite:(.+)$/.exec(source === null ? from : to)?.[1];
      if (file === undefined || (source === null) === (target === null)) throw new Error(TWO);
      const path = resolve(file);
      let rows: ReadonlyMap<string, number> = new Map();
      if (target !== null) rows = await moveToPostgres(path, target);
      else if (source !== null) rows = await moveToFile(source, path);
      if (options.json) printJson({ rows: Object.fromEntries(rows) });
      else print(`copied: ${summary(rows)}; counters stay where they are`);
      done(0);
    });
  examples(command, [
    "sluice store move sqlite:data/sluice.db postgres://sluice@db.example.com/sluice",
    "sluice store move postgres://sluice@db.example.com/sluice sqlite:data/sluice.db",
  ]);
}

const TWO = "Cannot move: expected one of sqlite:PATH and one of postgres://USER@HOST/DATABASE";

function addressOf(url: string | undefined, options: Options): PostgresAddress {
  if (url === undefined) {
    const { store } = loadConfig(options.config);
    if (store.kind === "postgres") return store.address;
    const got = `got store: ${store.kind}`;
    throw new Error(`Cannot find the store: expected store: postgres://USER@HOST/DATABASE, ${got}`);
  }
  const address = parsePostgres(url);
  if (address !== null) return address;
  throw new Error("Cannot read the URL: expected postgres://USER@HOST/DATABASE, got another one");
}

const withFile = (command: Command): Command =>
  command
    .option("-c, --config <file>", "configuration that names the store", "sluice.yaml")
    .option("--json", "print the answer as JSON")
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false);

/** Throws if there is no file. */
function pathOf({ config }: Options): string {
  const { store } = loadConfig(config);
  if (store.kind === "sqlite") return store.path;
  const todo = store.kind === "postgres" ? "; its own tools are pg_dump and pg_restore" : "";
  const got = `got store: ${store.kind}${todo}`;
  throw new Error(`Cannot find the store: expected store: sqlite:PATH, ${got}`);
}

const summary = (rows: ReadonlyMap<string, number>): string =>
  (["tenants", "deployments", "flags", "secrets", "tokens"] as const)
    .map((table) => `${rows.get(table) ?? 0} ${table}`)
    .join(", ");
