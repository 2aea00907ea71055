// Each request fetches 1 KiB of JSON and is answered with something of it.

import { definePhases } from "sluice";

export default definePhases({
  async requestFilter() {
    const response = await fetch("http://origin/json", { upstream: "origin" });
    const { items }: { items: unknown[] } = JSON.parse(await response.text());
    return Response.json({ items: items.length });
  },
});
