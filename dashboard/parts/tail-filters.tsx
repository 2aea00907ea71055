// What of the tail is shown, as the address says it; pause; how much came and was left out.

import { useEffect, useState } from "preact/hooks";
import { route, setQuery } from "../base/router.ts";
import type { TailBuffer } from "../base/tail-buffer.ts";
import { count } from "../base/text.ts";

const STATUSES = [
  ["", "any"],
  ["error", "failed"],
  ["5xx", "5xx"],
  ["4xx", "4xx"],
  ["3xx", "3xx"],
  ["2xx", "2xx"],
] as const;

interface TailFiltersProps {
  readonly buffer: TailBuffer;
  readonly pausedAt: number | null;
  readonly togglePause: () => void;
  readonly clear: () => void;
  readonly isOpen: boolean;
  readonly problem: string | null;
}

export function TailFilters(props: TailFiltersProps) {
  const { buffer, pausedAt, togglePause, clear, isOpen, problem } = props;
  const { query } = route.value;
  const isPaused = pausedAt !== null;
  return (
    <div class="filters">
      <fieldset class="segments">
        <legend class="hidden">Status</legend>
        {STATUSES.map(([value, title]) => (
          <button
            key={value}
            type="button"
            aria-pressed={(query.get("status") ?? "") === value}
            onClick={() => setQuery({ status: value })}
          >
            {title}
          </button>
        ))}
      </fieldset>
      <Field name="search" title="Text" size={18} />
      <Field name="slow" title="Slower than, ms" size={5} pattern={/^\d{0,8}$/} />
      <Field name="version" title="Version" size={4} pattern={/^\d{0,9}$/} />
      <Field name="hook" title="Hook" size={12} />
      <button type="button" aria-pressed={isPaused} aria-keyshortcuts="Space" onClick={togglePause}>
        {isPaused ? <GoOn buffer={buffer} pausedAt={pausedAt} /> : "Pause"}
      </button>
      <button type="button" onClick={clear}>
        Clear
      </button>
      <span class="muted live">
        <span class={isOpen ? "dot on" : "dot"} />
        {problem ?? (isOpen ? (isPaused ? "paused" : "live") : "opening…")}
        <Counts buffer={buffer} />
      </span>
    </div>
  );
}

// What changes with each line, and nothing else of the form.

function GoOn({ buffer, pausedAt }: { buffer: TailBuffer; pausedAt: number }) {
  buffer.changes.value;
  const waiting = buffer.last - pausedAt;
  return <>{`Go on${waiting > 0 ? ` (${count(waiting)} new)` : ""}`}</>;
}

function Counts({ buffer }: { buffer: TailBuffer }) {
  buffer.changes.value;
  const { dropped } = buffer;
  const left = dropped > 0 ? `, ${count(dropped)} left out by the proxy` : "";
  return <>{`, ${count(buffer.count)} lines${left}`}</>;
}

interface FieldProps {
  readonly name: string;
  readonly title: string;
  readonly size: number;
  readonly pattern?: RegExp;
}

/** Taken when one goes on or presses Enter: each letter would be a new stream. */
function Field({ name, title, size, pattern }: FieldProps) {
  const kept = route.value.query.get(name) ?? "";
  const [text, setText] = useState(kept);
  useEffect(() => setText(kept), [kept]);
  const isWrong = pattern !== undefined && !pattern.test(text);
  const take = (): void => {
    if (!isWrong && text !== kept) setQuery({ [name]: text });
  };
  return (
    <label>
      {title}{" "}
      <input
        size={size}
        value={text}
        aria-invalid={isWrong}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
      />
    </label>
  );
}
