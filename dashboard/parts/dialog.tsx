// A window over the page, which keeps the focus until it is closed and then gives it back to where
// it was.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface DialogProps {
  readonly title: string;
  readonly close: () => void;
  readonly children: ComponentChildren;
}

export function Dialog({ title, close, children }: DialogProps) {
  const place = useRef<HTMLDialogElement>(null);
  // before anything is drawn: no key that follows at once goes nowhere
  useLayoutEffect(() => {
    const dialog = place.current;
    const opener = document.activeElement;
    dialog?.showModal();
    return () => {
      // taken out of the document while it was open, it has left the focus nowhere
      dialog?.close();
      if (document.activeElement !== document.body) return;
      const isThere = opener instanceof HTMLElement && opener.isConnected;
      const next = isThere ? opener : document.querySelector<HTMLElement>("main h1");
      next?.focus();
    };
  }, []);
  return (
    <dialog ref={place} onClose={close} aria-labelledby="dialog-title">
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

/** Keys of the page do nothing then. */
export const isDialogOpen = (): boolean => document.querySelector("dialog[open]") !== null;
