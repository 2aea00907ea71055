// What the admin API keeps many of, as commands: all of them as a table, one of them deleted after
// a question, and the answer to a change, for people or for programs.

import type * as z from "zod";
import type { AdminCall } from "./admin-client.ts";
import { NOTHING } from "./answers.ts";
import { type ClientOptions, type Done, withClient } from "./options.ts";
import { print, printJson, printTable } from "./print.ts";
import { confirm } from "./terminal.ts";

type Path = readonly string[];

export interface Listing<S extends z.ZodType, O extends ClientOptions> {
  readonly path: (options: O) => Path;
  readonly query?: (options: O) => AdminCall["query"];
  readonly schema: S;
  readonly head: readonly string[];
  readonly rows: (body: z.output<S>) => readonly (readonly string[])[];
  /** In place of a table without rows. */
  readonly none: string;
}

/** The action of a command that lists. */
export const listing =
  <S extends z.ZodType, O extends ClientOptions>(done: Done, of: Listing<S, O>) =>
  (options: O): Promise<void> =>
    withClient(options, done, async (client) => {
      const { schema, head, rows, none } = of;
      const query = of.query?.(options) ?? {};
      const call = { method: "GET", path: of.path(options), query } as const;
      const { body } = await client.call(call, schema);
      if (options.json) printJson(body);
      else printTable(head, rows(body), none);
    });

export interface Deletion {
  readonly path: Path;
  readonly question: string;
  /** Said when it is gone. */
  readonly told: string;
  readonly json: object;
}

/** The action of a command that deletes what is named. */
export const deletion =
  (done: Done, of: (name: string, options: ClientOptions) => Deletion) =>
  (name: string, options: ClientOptions): Promise<void> =>
    withClient(options, done, async (client) => {
      const { path, question, told, json } = of(name, options);
      if (!(await confirm(question, options.yes === true))) return 1;
      await client.call({ method: "DELETE", path }, NOTHING);
      printAnswer(options, json, told);
      return 0;
    });

/** Paths of a tenant's resource: of itself, and of what is in it. */
export const pathsOf =
  (resource: string) =>
  ({ tenant }: ClientOptions, ...rest: readonly string[]): readonly string[] => [
    ...["tenants", tenant, resource],
    ...rest,
  ];

/** @param text  for people */
export function printAnswer({ json }: ClientOptions, body: unknown, text: string): void {
  if (json) printJson(body);
  else print(text);
}
