// Text of the tail's lines that somebody selects: as it is copied, and for whom the lines stand
// still meanwhile.

import { useEffect } from "preact/hooks";

/** Whether text of the tail is selected. */
export function isSelecting(): boolean {
  const selection = document.getSelection();
  const node = selection?.anchorNode;
  const element = node instanceof Element ? node : node?.parentElement;
  return selection?.isCollapsed === false && element?.closest(".rows") != null;
}

/** Told when somebody begins to select: lines that move away take the selection with them. */
export function useSelecting(began: () => void): void {
  useEffect(() => {
    const look = (): void => {
      if (isSelecting()) began();
    };
    document.addEventListener("selectionchange", look);
    return () => document.removeEventListener("selectionchange", look);
  }, [began]);
}

/** A line of text for each line, whose cells a browser would write one below the other. */
export function copySelected(event: ClipboardEvent): void {
  const selection = document.getSelection();
  if (selection === null || selection.rangeCount === 0) return;
  const part = selection.getRangeAt(0).cloneContents();
  const rows = [...part.querySelectorAll(".row")];
  const lines = (rows.length === 0 ? [part] : rows).map(textOf).filter((line) => line !== "");
  if (lines.length === 0) return; // of one cell: as it is
  event.clipboardData?.setData("text/plain", lines.join("\n"));
  event.preventDefault();
}

const textOf = (row: ParentNode): string =>
  [...row.querySelectorAll("[role=gridcell]")]
    .map(({ textContent }) => textContent)
    .filter((text) => text !== "")
    .join(" ");
