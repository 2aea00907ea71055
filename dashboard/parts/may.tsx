// A button for those who may: to others it is shown, disabled, with who may.

import type { ComponentChildren } from "preact";
import { may, type Role } from "../base/session-state.ts";

interface MayProps {
  readonly least: Role;
  readonly onClick: () => void;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly disabled?: boolean;
}

export function MayButton({ least, onClick, children, disabled = false, ...rest }: MayProps) {
  const isAllowed = may(least);
  return (
    <button
      type="button"
      {...rest}
      disabled={disabled || !isAllowed}
      title={
        isAllowed ? undefined : `Needs the token of ${least === "operator" ? "an" : "a"} ${least}`
      }
      onClick={onClick}
    >
      {children}
    </button>
  );
}
