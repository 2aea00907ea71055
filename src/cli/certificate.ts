// `sluice certificate`: certificates of a tenant's hosts, from files. A key goes in and never comes
// out again.

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { CERTIFICATE, CERTIFICATES, NOTHING } from "./client/answers.ts";
import { listing, printAnswer } from "./client/collection.ts";
import {
  type ClientOptions,
  type Done,
  examples,
  group,
  withClient,
  withTenant,
} from "./client/options.ts";
import { ValueCommands } from "./client/tenant-values.ts";

interface PutOptions extends ClientOptions {
  readonly cert: string;
  readonly key: string;
}

export function certificateCommand(command: Command, done: Done): Command {
  group(command, "certificates of a tenant's hosts: put, list, delete");
  examples(command, [
    "sluice certificate put shop --cert shop.pem --key shop.key --tenant shop",
    "sluice certificate list --tenant shop",
  ]);
  const certificates = new ValueCommands(command, done, {
    noun: "certificate",
    example: "shop",
    schema: CERTIFICATE,
    columns: {},
  });
  certificates
    .put(
      "set a certificate: the next handshake has it",
      "sluice certificate put shop --cert shop.pem --key shop.key --tenant shop",
    )
    .requiredOption("--cert <file>", "PEM file of the certificate, its chain behind it")
    .requiredOption("--key <file>", "PEM file of its key")
    .action((name: string, options: PutOptions) =>
      withClient(options, done, async (client) => {
        const { cert, key, tenant } = options;
        const path = ["tenants", tenant, "certificates", name];
        const pair = { cert: read(cert), key: read(key) };
        const { body } = await client.call({ method: "PUT", path, body: pair }, NOTHING);
        printAnswer(options, body, `certificate ${name} of ${tenant} is set`);
      }),
    );
  examples(
    withTenant(command.command("list"))
      .description("what each certificate is for, and until when; and orders that are not done")
      .action(
        listing(done, {
          path: ({ tenant }) => ["tenants", tenant, "certificates"],
          schema: CERTIFICATES,
          head: ["NAME", "HOSTS", "KEY", "EXPIRES"],
          rows: ({ certificates: all, orders }) => [
            ...all.map(({ name, hosts, kind, expiresAt }) => [
              ...[name, hosts.join(", "), kind, expiresAt],
            ]),
            ...orders.map(({ host, ...order }) => ["-", host, "-", standing(order)]),
          ],
          none: "no certificates",
        }),
      ),
    ["sluice certificate list --tenant shop --json"],
  );
  certificates.delete("delete a certificate");
  return command;
}

interface Order {
  readonly nextAttemptAt: string | null;
  readonly error: string;
}

function standing({ nextAttemptAt, error }: Order): string {
  if (nextAttemptAt === null) return "is being ordered";
  return error === "" ? "will be ordered" : `failed: ${error}; next try ${nextAttemptAt}`;
}

function read(file: string): string {
  try {
    return readFileSync(file, "latin1");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : "unknown";
    throw new Error(`Cannot read ${file}: ${reason}`, { cause });
  }
}
