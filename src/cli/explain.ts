// `sluice explain`: what would become of a request, without sending it, and why.

import { type Command, InvalidArgumentError } from "commander";
import * as z from "zod";
import {
  type ClientOptions,
  type Done,
  examples,
  TENANT_ENV,
  withAdmin,
  withClient,
} from "./client/options.ts";
import { print, printJson } from "./client/print.ts";
import { AdminError } from "./client/problem.ts";

const VERSION = z.object({
  version: z.number(),
  percent: z.number(),
  outOfService: z.string(),
  hooks: z.array(z.string()).nullable(),
});

const EXPLANATION = z.object({
  tenant: z.string().nullable(),
  client: z.string(),
  route: z.object({ path: z.string(), exact: z.boolean(), host: z.string() }).nullable(),
  end: z
    .object({ status: z.number(), code: z.string().nullable(), location: z.string().nullable() })
    .nullable(),
  version: VERSION.nullable(),
  layer: VERSION.nullable(),
  upstream: z
    .object({
      group: z.string(),
      balance: z.string(),
      peers: z
        .array(z.object({ address: z.string(), state: z.string(), active: z.number() }))
        .nullable(),
    })
    .nullable(),
  loop: z.enum(["redirect", "upstream"]).nullish(),
  reasons: z.array(z.string()),
});

type Explanation = z.output<typeof EXPLANATION>;

interface ExplainOptions extends Omit<ClientOptions, "tenant"> {
  readonly tenant?: string;
  readonly method: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly client?: string;
}

export function explainCommand(command: Command, done: Done): Command {
  withAdmin(command)
    .description("what would become of a request, without sending it, and why")
    .argument("<url>", "as a client would ask for it")
    .option("--method <method>", "of the request", "GET")
    .option("--header <line>", "`Name: value` of it; any number of times", addHeader)
    .option("--client <address>", "who connects (default: 127.0.0.1)")
    .option("--tenant <name>", `with this tenant's token; not from ${TENANT_ENV}`)
    .action((url: string, options: ExplainOptions) =>
      withClient(options, done, async (client) => {
        const { tenant, method, header: headers = {}, client: address } = options;
        const path = tenant === undefined ? ["explain"] : ["tenants", tenant, "explain"];
        const body = {
          method,
          url,
          headers,
          ...(address === undefined ? {} : { client: address }),
        };
        const call = { method: "POST", path, body } as const;
        const { body: told } = await client.call(call, EXPLANATION).catch((thrown) => {
          throw tenant === undefined ? hinted(thrown) : thrown;
        });
        if (options.json) printJson(told);
        else print(explanationText(told));
      }),
    );
  return examples(command, [
    "sluice explain https://shop.example.com/cart",
    "sluice explain http://shop.example.com/ --header 'Cookie: id=7' --client 203.0.113.9",
    "sluice explain https://shop.example.com/ --header 'Host: api.example.com'",
  ]);
}

/** Of one tenant's requests other tokens may ask too, where they say so. */
const hinted = (thrown: unknown): unknown =>
  thrown instanceof AdminError && thrown.status === 403
    ? new Error(`${thrown.message}\n  of one tenant's requests other tokens may ask: --tenant NAME`)
    : thrown;

function addHeader(line: string, before: Readonly<Record<string, string>> = {}) {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
  if (name !== undefined && value !== undefined) return { ...before, [name]: value };
  throw new InvalidArgumentError("Expected a header field, such as 'Accept: text/html'.");
}

function explanationText(told: Explanation): string {
  const { tenant, client, route, end, version, layer, upstream, reasons } = told;
  const lines = [
    ["tenant", tenant ?? (isNobodys(told) ? "nobody" : "")],
    ["client", client],
    ["route", route === null ? "" : `${route.host === "*" ? "" : route.host}${route.path}`],
    ["operator's script", versionText(layer)],
    ["script", versionText(version)],
    ["upstream", upstream === null ? "" : `${upstream.group} (${upstream.balance})`],
    ...(upstream?.peers ?? []).map(({ address, state, active }) => [
      ...["", `${address} ${state}, ${active} under way`],
    ]),
    ["answer", end === null ? "" : endText(end)],
    ["loop", told.loop == null ? "" : LOOPS[told.loop]],
  ].filter(([, value]) => value !== "");
  const why = reasons.map((reason) => `- ${reason}`);
  return [...lines.map(([name = "", value]) => `${name.padEnd(18)} ${value}`), "", ...why].join(
    "\n",
  );
}

const LOOPS = {
  redirect: "redirected for ever",
  upstream: "it comes back from its upstream",
} as const;

/** To who asks for one tenant, another's requests and nobody's are the same. */
const isNobodys = ({ end }: Explanation): boolean => end?.code === "unknown_host";

function versionText(version: Explanation["version"]): string {
  if (version === null) return "";
  const { version: number, percent, outOfService, hooks } = version;
  const name = number === 0 ? "of the file" : `version ${number}`;
  if (outOfService !== "") return `${name}, ${percent} %, out of service: ${outOfService}`;
  const names = hooks === null || hooks.length === 0 ? "" : `: ${hooks.join(", ")}`;
  return `${name}, ${percent} %${names}`;
}

const endText = ({ status, code, location }: NonNullable<Explanation["end"]>): string =>
  [status === 0 ? "none" : String(status), code ?? "", location ?? ""].join(" ").trim();
