// One request on a page of its own.

import type { PageProps } from "../app.tsx";
import { RequestDetail } from "../parts/request-detail.tsx";

export const RequestPage = ({ tenant, name }: PageProps) => (
  <div class="detail">
    <RequestDetail id={name} tenant={tenant} />
  </div>
);
