// Whether something serves, in a word and a colour.

const KINDS: Readonly<Record<string, string>> = {
  serves: "good",
  serving: "good",
  ready: "good",
  up: "good",
  closed: "good",
  healthy: "good",
  suspended: "warn",
  checking: "warn",
  draining: "warn",
  drained: "warn",
  behind: "warn",
  unknown: "warn",
  "half-open": "warn",
  "without-script": "warn",
  down: "bad",
  disabled: "bad",
  failed: "bad",
  open: "bad",
  "out-of-service": "bad",
  "not-served": "bad",
  refused: "bad",
  stale: "bad",
  unhealthy: "bad",
  ejected: "bad",
};

export const State = ({ state }: { state: string }) => (
  <span class={`state ${KINDS[state] ?? "plain"}`}>{state.replaceAll("-", " ")}</span>
);
