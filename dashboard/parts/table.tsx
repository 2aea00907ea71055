// Every list of the pages: a table whose first column names the row.

import type { ComponentChildren } from "preact";

export interface Column<T> {
  readonly title: string;
  /** `actions`: what can be done with a row; its title is read aloud alone. */
  readonly kind?: "number" | "code" | "detail" | "actions";
  readonly isBad?: (row: T) => boolean;
  readonly cell: (row: T) => ComponentChildren;
}

interface TableProps<T> {
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly keyOf: (row: T) => string | number;
  /** Stands out. */
  readonly isMarked?: (row: T) => boolean;
}

/** Scrolls sideways where it is too wide. */
export const Table = <T,>(props: TableProps<T>) => (
  <div class="scroll">
    <BareTable {...props} />
  </div>
);

export function BareTable<T>({ columns, rows, keyOf, isMarked }: TableProps<T>) {
  return (
    <table>
      <thead>
        <tr>
          {columns.map(({ title, kind }) => (
            <th key={title} scope="col" class={kind === "number" ? kind : undefined}>
              {kind === "actions" ? <span class="hidden">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} class={isMarked?.(row) ? "live" : undefined}>
            {columns.map((column, index) => (
              <Cell key={column.title} column={column} row={row} isFirst={index === 0} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps<T> {
  readonly column: Column<T>;
  readonly row: T;
  readonly isFirst: boolean;
}

const CLASSES = { number: "number", code: "code", detail: "code detail", actions: "" } as const;

function Cell<T>({ column: { kind, isBad, cell }, row, isFirst }: CellProps<T>) {
  const own = kind === undefined ? "" : CLASSES[kind];
  const name = `${own}${isBad?.(row) ? " bad" : ""}`.trim();
  const shown = name === "" ? {} : { class: name };
  if (!isFirst) return <td {...shown}>{cell(row)}</td>;
  return (
    <th scope="row" {...shown}>
      {cell(row)}
    </th>
  );
}
