// Flags, secrets and counters of a tenant. Secrets go in and never come out.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { ago, count, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { Confirm } from "../parts/confirm.tsx";
import { MayButton } from "../parts/may.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { PageProps } from "./props.ts";

const EVERY_MS = 5_000;

interface Value {
  readonly name: string;
  readonly value?: unknown;
  readonly changedAtMs?: number;
}

interface Kind {
  /** Of the path and of the answer. */
  readonly list: string;
  readonly one: string;
  readonly title: string;
  readonly help: string;
  readonly shown: (value: Value) => string;
  /** What is sent for what was typed. Throws a sentence. */
  readonly read: (text: string) => unknown;
  readonly isSecret?: boolean;
}

const KINDS: readonly Kind[] = [
  {
    list: "flags",
    one: "flag",
    title: "Flags",
    help: 'Any JSON: true, 5, "blue", {"on": true}',
    shown: ({ value }) => safe(JSON.stringify(value), 300),
    read: (text) => jsonOf(text),
  },
  {
    list: "secrets",
    one: "secret",
    title: "Secrets",
    help: "A text; it is never shown again",
    shown: () => "••••••••",
    read: (text) => text,
    isSecret: true,
  },
  {
    list: "counters",
    one: "counter",
    title: "Counters",
    help: "A whole number",
    shown: ({ value }) => count(Number(value)),
    read: (text) => numberOf(text),
  },
];

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('This is not JSON. A text has quotes: "blue".');
  }
}

function numberOf(text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw new Error("Expected a whole number.");
}

export const ValuesPage = ({ tenant }: PageProps) => (
  <>
    {KINDS.map((kind) => (
      <Section key={kind.list} kind={kind} tenant={tenant} />
    ))}
  </>
);

function Section({ kind, tenant }: { kind: Kind; tenant: string }) {
  const base = `/tenants/${encodeURIComponent(tenant)}/${kind.list}`;
  const api = useApi<Readonly<Record<string, readonly Value[]>>>(base, EVERY_MS, "change", "tick");
  const [edited, setEdited] = useState<Value | null>(null);
  const [removed, setRemoved] = useState("");
  return (
    <section aria-labelledby={kind.list}>
      <h2 id={kind.list}>
        {kind.title}{" "}
        <MayButton least="deployer" class="quiet" onClick={() => setEdited({ name: "" })}>
          New {kind.one}…
        </MayButton>
      </h2>
      <Loaded api={api}>
        {(data) => (
          <Values
            {...{ kind, tenant }}
            values={data[kind.list] ?? []}
            edit={setEdited}
            remove={setRemoved}
          />
        )}
      </Loaded>
      {edited !== null && (
        <Edit {...{ kind, base, edited }} close={() => setEdited(null)} reload={api.reload} />
      )}
      {removed !== "" && (
        <Confirm
          title={`Delete the ${kind.one} ${removed}`}
          action="Delete"
          isDangerous
          said={`The ${kind.one} ${removed} is gone.`}
          close={() => setRemoved("")}
          run={async () => {
            await call(`${base}/${encodeURIComponent(removed)}`, { method: "DELETE" });
            api.reload();
          }}
        >
          <p>The next turn of every script of {tenant} does not have it any more.</p>
        </Confirm>
      )}
    </section>
  );
}

interface ValuesProps {
  readonly kind: Kind;
  readonly tenant: string;
  readonly values: readonly Value[];
  readonly edit: (value: Value) => void;
  readonly remove: (name: string) => void;
}

function Values({ kind, tenant, values, edit, remove }: ValuesProps) {
  if (values.length === 0) {
    return (
      <Empty title={`There are no ${kind.list}.`}>
        <p>
          <code>
            sluice {kind.one} put NAME {kind.isSecret ? "" : "VALUE "}--tenant {tenant}
          </code>
        </p>
      </Empty>
    );
  }
  const columns: readonly Column<Value>[] = [
    { title: "Name", kind: "code", cell: ({ name }) => safe(name, 200) },
    { title: "Value", kind: "code", cell: kind.shown },
    {
      title: "Changed",
      cell: ({ changedAtMs }) => (changedAtMs === undefined ? "" : ago(changedAtMs)),
    },
    {
      title: "What can be done",
      kind: "actions",
      cell: (value) => (
        <>
          <MayButton least="deployer" class="quiet" onClick={() => edit(value)}>
            Set…<span class="hidden"> {value.name}</span>
          </MayButton>{" "}
          <MayButton least="deployer" class="quiet" onClick={() => remove(value.name)}>
            Delete…<span class="hidden"> {value.name}</span>
          </MayButton>
        </>
      ),
    },
  ];
  return <Table columns={columns} rows={values} keyOf={({ name }) => name} />;
}

interface EditProps {
  readonly kind: Kind;
  readonly base: string;
  readonly edited: Value;
  readonly close: () => void;
  readonly reload: () => void;
}

function Edit({ kind, base, edited, close, reload }: EditProps) {
  const isNew = edited.name === "";
  const [name, setName] = useState(edited.name);
  const [text, setText] = useState(kind.isSecret || isNew ? "" : JSON.stringify(edited.value));
  const common = {
    required: true,
    autocomplete: "off",
    value: text,
    onInput: (event: { currentTarget: HTMLInputElement }) => setText(event.currentTarget.value),
  } as const;
  return (
    <Confirm
      title={isNew ? `A new ${kind.one}` : `Set the ${kind.one} ${edited.name}`}
      action="Set"
      said={`The ${kind.one} ${name} is set: every worker has it.`}
      close={close}
      run={async () => {
        const body = { value: kind.read(text) };
        await call(`${base}/${encodeURIComponent(name)}`, { method: "PUT", body });
        reload();
      }}
    >
      {isNew && (
        <label>
          Name
          <input required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
      )}
      <label>
        Value <span class="muted">{kind.help}</span>
        {kind.isSecret ? <input type="password" {...common} /> : <input type="text" {...common} />}
      </label>
    </Confirm>
  );
}
