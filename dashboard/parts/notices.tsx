// What came of what somebody did: it stays until it is put away, since a result that fades is
// missed.

import { signal } from "@preact/signals";
import { Problem } from "../base/api.ts";

interface Notice {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
}

/** 412: the ETag that was seen is not that of what there is. */
const CHANGED_SINCE = 412;
const NOTICES_MAX = 5;
const notices = signal<readonly Notice[]>([]);
let ids = 0;

export const done = (text: string): void => add("done", text);

export const failed = (what: string, thrown: unknown): void =>
  add("failed", `${what}: ${thrown instanceof Problem ? sentence(thrown) : String(thrown)}`);

const sentence = ({ status, message, errors }: Problem): string =>
  [
    status === CHANGED_SINCE ? "Somebody else has changed it since you saw it." : message,
    ...errors.map(({ field, text }) => (field === undefined ? text : `${field}: ${text}`)),
  ]
    .filter((part, index, all) => all.indexOf(part) === index)
    .join(" ");

function add(kind: Notice["kind"], text: string): void {
  notices.value = [...notices.value, { id: ++ids, kind, text }].slice(-NOTICES_MAX);
}

export function Notices() {
  return (
    <div class="notices" role="status">
      {notices.value.map(({ id, kind, text }) => (
        <div key={id} class={`notice ${kind}`}>
          <span>{text}</span>
          <button
            type="button"
            class="quiet"
            aria-label="Put away"
            onClick={() => {
              notices.value = notices.value.filter((one) => one.id !== id);
            }}
          >
            ×
          </button>
        </div>
      ))}
    </div>
  );
}
