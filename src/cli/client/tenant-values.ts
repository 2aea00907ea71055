// Values that a tenant has by name, flags, secrets and counters, as commands that are the same for
// each kind. How a value is written and shown is the kind's own.

import type { Command } from "commander";
import * as z from "zod";
import { ownerText } from "../../base/config/operator.ts";
import { NOTHING } from "./answers.ts";
import { deletion, listing, printAnswer } from "./collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  withClient,
  withTenant,
  withYes,
} from "./options.ts";
import { print, printJson } from "./print.ts";

export interface ValueKind<V> {
  /** `flag`; the API has them under its plural. */
  readonly noun: string;
  /** A name for the help's examples. */
  readonly example: string;
  readonly schema: z.ZodType<V>;
  /** By their heads. */
  readonly columns: Readonly<Record<string, (value: V) => string>>;
}

interface NewValue {
  readonly name: string;
  readonly value: unknown;
  /** What is said of it then: `set`. */
  readonly is: string;
}

export class ValueCommands<V extends { readonly name: string }> {
  readonly #parent: Command;
  readonly #done: Done;
  readonly #kind: ValueKind<V>;

  constructor(parent: Command, done: Done, kind: ValueKind<V>) {
    this.#parent = parent;
    this.#done = done;
    this.#kind = kind;
  }

  /** `put NAME`, without the action, which is to `set` what it is given. */
  put(about: string, example: string): Command {
    const command = withTenant(this.#parent.command("put")).description(about);
    return examples(command, [example]).argument("<name>");
  }

  set(options: ClientOptions, { name, value, is }: NewValue): Promise<void> {
    return withClient(options, this.#done, async (client) => {
      const call = { method: "PUT", path: this.#path(options, name), body: { value } } as const;
      const { body } = await client.call(call, NOTHING);
      printAnswer(options, body, `${this.#kind.noun} ${name} of ${options.tenant} is ${is}`);
    });
  }

  get(about: string, shown: (value: V) => string): void {
    const { noun, example } = this.#kind;
    const command = withTenant(this.#parent.command("get"))
      .description(about)
      .argument("<name>")
      .action((name: string, options: ClientOptions) =>
        withClient(options, this.#done, async (client) => {
          const call = { method: "GET", path: this.#path(options) } as const;
          const { body } = await client.call(call, this.#list());
          const found = body[this.#plural]?.find((one) => one.name === name);
          if (found === undefined)
            throw new Error(`${ownerText(options.tenant)} has no ${noun} ${name}`);
          if (options.json) printJson(found);
          else print(shown(found));
        }),
      );
    examples(command, [`sluice ${noun} get ${example} --tenant shop`]);
  }

  list(about: string): void {
    const { noun, columns } = this.#kind;
    const command = withTenant(this.#parent.command("list"))
      .description(about)
      .action(
        listing(this.#done, {
          path: (options) => this.#path(options),
          schema: this.#list(),
          head: Object.keys(columns),
          rows: (body) =>
            (body[this.#plural] ?? []).map((one) => Object.values(columns).map((of) => of(one))),
          none: `no ${this.#plural}`,
        }),
      );
    examples(command, [`sluice ${noun} list --tenant shop --json`]);
  }

  delete(about: string): void {
    const { noun, example } = this.#kind;
    const command = withYes(withTenant(this.#parent.command("delete")))
      .description(about)
      .argument("<name>")
      .action(
        deletion(this.#done, (name, options) => ({
          path: this.#path(options, name),
          question: `Delete the ${noun} ${name} of ${options.tenant}?`,
          told: `${noun} ${name} of ${options.tenant} is deleted`,
          json: { deleted: name },
        })),
      );
    examples(command, [`sluice ${noun} delete ${example} --tenant shop --yes`]);
  }

  get #plural(): string {
    return `${this.#kind.noun}s`;
  }

  #list() {
    return z.object({ [this.#plural]: z.array(this.#kind.schema) });
  }

  #path({ tenant }: ClientOptions, ...name: readonly string[]): readonly string[] {
    return ["tenants", tenant, this.#plural, ...name];
  }
}
