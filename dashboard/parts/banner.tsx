// Says that what is shown is old, since the API does not answer.

import { downSinceMs } from "../base/connection.ts";
import { clock } from "../base/text.ts";
import { Icon } from "./icon.tsx";

export function Banner() {
  const sinceMs = downSinceMs.value;
  return (
    <div role="status">
      {sinceMs !== null && (
        <p class="banner">
          <Icon name="warning" />
          The admin API has not answered since {clock(sinceMs)}: what you see is from then. The page
          goes on trying.
        </p>
      )}
    </div>
  );
}
