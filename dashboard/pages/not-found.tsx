// An address that is of no page.

import { to } from "../base/router.ts";
import { Empty } from "../parts/states.tsx";

export const NotFoundPage = () => (
  <Empty title="There is no such page.">
    <p>
      <a href={to([])}>To the overview</a>
    </p>
  </Empty>
);
