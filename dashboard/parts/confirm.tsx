// Asks before something is done that clients notice, and says in a sentence what changes.

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { done, failed } from "./notices.tsx";

interface ConfirmProps {
  readonly title: string;
  /** What is on the button that does it. */
  readonly action: string;
  /** What is said when it is done. */
  readonly said: string;
  readonly isDangerous?: boolean;
  /** Has to be typed first. */
  readonly expected?: string;
  readonly run: () => Promise<unknown>;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

export function Confirm(props: ConfirmProps) {
  const { title, action, said, isDangerous = false, expected = "", run, close, children } = props;
  const [isBusy, setIsBusy] = useState(false);
  const [typed, setTyped] = useState("");
  const confirm = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (isBusy || typed !== expected) return;
    setIsBusy(true);
    try {
      await run();
      done(said);
    } catch (thrown) {
      failed(`Not done: ${title}`, thrown);
    }
    close();
  };
  return (
    <Dialog title={title} close={close}>
      <form onSubmit={(event) => void confirm(event)}>
        {children}
        {expected !== "" && (
          <label>
            Type <code>{expected}</code> to confirm
            <input value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
          </label>
        )}
        <div class="buttons">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button
            type="submit"
            class={isDangerous ? "danger" : "main"}
            disabled={isBusy || typed !== expected}
          >
            {isBusy ? "Working…" : action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
