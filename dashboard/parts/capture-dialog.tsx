// Asks which requests of a tenant are to be captured from now on.

import { useState } from "preact/hooks";
import { call } from "../base/api.ts";
import { Confirm } from "./confirm.tsx";

export interface CaptureStart {
  /** The target begins with it. */
  readonly path: string;
  /** One of STATUSES. */
  readonly status: string;
}

interface CaptureDialogProps {
  readonly tenant: string;
  readonly start: CaptureStart;
  readonly close: () => void;
  readonly reload?: () => void;
}

const STATUSES = [
  ["", "in whatever way"],
  ["error", "in an error"],
  ["5xx", "in a 5xx"],
  ["4xx", "in a 4xx"],
] as const;

const MINUTE_MS = 60_000;

export function CaptureDialog({ tenant, start, close, reload }: CaptureDialogProps) {
  const [path, setPath] = useState(start.path);
  const [status, setStatus] = useState(start.status);
  const [count, setCount] = useState("100");
  const [minutes, setMinutes] = useState("60");
  const [keepsLogins, setKeepsLogins] = useState(false);
  const run = async (): Promise<void> => {
    const ttlMs = Number(minutes) * MINUTE_MS;
    const statuses = status === "" ? [] : [status];
    const body = { path, statuses, count: Number(count), ttlMs, keepsLogins };
    const at = `/tenants/${encodeURIComponent(tenant)}/capture-rules`;
    await call(at, { method: "POST", body });
    reload?.();
  };
  return (
    <Confirm
      title={`Capture requests of ${tenant}`}
      action="Capture"
      said={`Requests of ${tenant} are captured from now on.`}
      close={close}
      run={run}
    >
      <p>
        Each is kept with its body, what its hooks learnt and what upstreams answered, in the memory
        of the proxy alone. It may have personal data; logins are replaced by a hash.
      </p>
      <label>
        Path begins with <span class="muted">empty: any</span>
        <input value={path} onInput={(event) => setPath(event.currentTarget.value)} />
      </label>
      <label>
        That end{" "}
        <select value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
          {STATUSES.map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <NumberField title="How many at most" value={count} set={setCount} max={1_000} />
      <NumberField title="For so many minutes" value={minutes} set={setMinutes} max={1_440} />
      <label class="check">
        <input
          type="checkbox"
          checked={keepsLogins}
          onChange={(event) => setKeepsLogins(event.currentTarget.checked)}
        />{" "}
        Keep logins too, for a script that looks at them; nobody is shown them
      </label>
    </Confirm>
  );
}

interface NumberFieldProps {
  readonly title: string;
  readonly value: string;
  readonly set: (value: string) => void;
  readonly max: number;
}

const NumberField = ({ title, value, set, max }: NumberFieldProps) => (
  <label>
    {title}
    <input
      type="number"
      required
      min={1}
      max={max}
      value={value}
      onInput={(event) => set(event.currentTarget.value)}
    />
  </label>
);
