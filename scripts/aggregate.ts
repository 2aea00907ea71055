// One answer made of two services, asked at the same time: a product and what it costs. Without its
// price a product is shown all the same; without the product there is nothing to show.

import { definePhases, log } from "sluice";

async function read(path: string, upstream: string): Promise<unknown> {
  const response = await fetch(`http://${upstream}${path}`, { upstream });
  if (!response.ok) throw new Error(`${upstream} answered ${response.status} for ${path}`);
  return await response.json();
}

export default definePhases({
  async requestFilter({ request }) {
    const [, id] = /^\/products\/(\d+)$/.exec(request.path ?? "") ?? [];
    if (id === undefined) return;
    const [product, price] = await Promise.allSettled([
      read(`/products/${id}`, "catalogue"),
      read(`/prices/${id}`, "prices"),
    ]);
    for (const one of [product, price]) if (one.status === "rejected") log.warn(`${one.reason}`);
    if (product.status === "rejected") return new Response("no such product", { status: 404 });
    return Response.json({
      product: product.value,
      price: price.status === "fulfilled" ? price.value : null,
    });
  },
});
