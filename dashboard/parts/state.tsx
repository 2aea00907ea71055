// Whether something serves, in a word and a colour.

const KINDS: Readonly<Record<string, string>> = {
  serves: "good",
  ready: "good",
  closed: "good",
  healthy: "good",
  suspended: "warn",
  draining: "warn",
  "half-open": "warn",
  "without-script": "warn",
  disabled: "bad",
  failed: "bad",
  open: "bad",
  "out-of-service": "bad",
  "not-served": "bad",
  unhealthy: "bad",
  ejected: "bad",
};

export const State = ({ state }: { state: string }) => (
  <span class={`state ${KINDS[state] ?? "plain"}`}>{state.replaceAll("-", " ")}</span>
);
