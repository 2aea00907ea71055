// What a page shows while it has nothing else: it loads, there is none, it was refused, it failed.

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../base/api.ts";
import type { Api } from "../base/use-api.ts";

/** What loads at once needs no sign that it does. */
const SKELETON_MS = 200;

interface LoadedProps<T> {
  readonly api: Api<T>;
  readonly children: (data: T) => ComponentChildren;
}

/** The data as soon as there is any, also when it could not be had again. */
export function Loaded<T>({ api, children }: LoadedProps<T>) {
  if (api.data !== null) {
    const isStale = api.problem !== null;
    return (
      <div class={isStale ? "stale" : undefined}>
        {isStale && api.problem !== null && api.problem.status !== 0 && (
          <Failed problem={api.problem} retry={api.reload} />
        )}
        {children(api.data)}
      </div>
    );
  }
  if (api.problem !== null) return <Failed problem={api.problem} retry={api.reload} />;
  return <Loading />;
}

export function Loading() {
  const [isLate, setIsLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsLate(true), SKELETON_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="loading" aria-busy="true">
      {isLate && (
        <>
          <span class="bar" />
          <span class="bar" />
          <span class="bar" />
          <span class="hidden">Loading</span>
        </>
      )}
    </div>
  );
}

export function Failed({ problem, retry }: { problem: Problem; retry: () => void }) {
  const isRefused = problem.status === 403;
  return (
    <div class="problem" role="alert">
      <strong>{isRefused ? "Your token may not see this." : "This could not be loaded."}</strong>
      <p>{problem.message}</p>
      {!isRefused && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** What would be here, and what makes one. */
export const Empty = ({ title, children }: EmptyProps) => (
  <div class="empty">
    <strong>{title}</strong>
    {children}
  </div>
);
