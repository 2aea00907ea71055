// One figure with its name.

import type { ComponentChildren } from "preact";

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly children?: ComponentChildren;
  readonly isBad?: boolean;
}

export const Tile = ({ name, value, children, isBad = false }: TileProps) => (
  <div class={isBad ? "tile bad" : "tile"}>
    <dt>{name}</dt>
    <dd>
      <b>{value}</b>
      {children !== undefined && <span class="muted">{children}</span>}
    </dd>
  </div>
);
