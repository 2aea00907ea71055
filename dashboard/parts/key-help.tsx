// What the keys do, and the switch for those who speak to their machine or touch keys by chance.

import { useState } from "preact/hooks";
import { Dialog } from "./dialog.tsx";
import { isHelpOpen, keysAreOn, switchKeys } from "./keys.ts";

const KEYS = [
  ["/", "open a request by its id, or search the live tail"],
  ["g o", "to the overview"],
  ["g t", "to the live tail"],
  ["g m", "to the metrics"],
  ["j, k", "in the tail: to the next line, and back"],
  ["Enter", "in the tail: open the request"],
  ["Space", "in the tail: pause, and go on"],
  ["Esc", "close what is open"],
  ["?", "this help"],
] as const;

export function KeyHelp() {
  const [isOn, setIsOn] = useState(keysAreOn());
  if (!isHelpOpen.value) return null;
  const close = (): void => {
    isHelpOpen.value = false;
  };
  return (
    <Dialog title="Keys" close={close}>
      <dl class="facts">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => {
            switchKeys(event.currentTarget.checked);
            setIsOn(event.currentTarget.checked);
          }}
        />{" "}
        Single keys do something
      </label>
      <div class="buttons">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
