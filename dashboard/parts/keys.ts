// Keys of the whole page. Single keys do nothing in a field, and can be switched off.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { go } from "../base/router.ts";
import { session } from "../base/session-state.ts";
import { isDialogOpen } from "./dialog.tsx";

/** Whether what the keys do is shown. */
export const isHelpOpen = signal(false);

const NAME = "sluice-keys";
const CHORD_MS = 1_500;

export const keysAreOn = (): boolean => localStorage.getItem(NAME) !== "off";

export const switchKeys = (isOn: boolean): void => localStorage.setItem(NAME, isOn ? "on" : "off");

export const inField = ({ target }: Event): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

export function useKeys(): void {
  useEffect(() => {
    let chordMs = 0;
    const onKey = (event: KeyboardEvent): void => {
      const hasModifier = event.ctrlKey || event.metaKey || event.altKey;
      if (hasModifier || inField(event) || !keysAreOn() || isDialogOpen()) return;
      if (event.key === "/") {
        event.preventDefault();
        document.getElementById("search")?.focus();
      } else if (event.key === "?") isHelpOpen.value = true;
      else if (event.key === "g") chordMs = event.timeStamp;
      else if (event.timeStamp - chordMs < CHORD_MS) follow(event.key);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

function follow(key: string): void {
  const own = session.peek()?.tenant ?? null;
  const base = own === null ? [] : ["tenants", own];
  if (key === "o") go(base);
  if (key === "t") go([...base, "tail"]);
  if (key === "m") go([...base, "metrics"]);
}
