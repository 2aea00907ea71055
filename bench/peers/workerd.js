// The two hooks as one fetch handler. The counter is a module variable: exact, as there is one
// isolate.

let requests = 0;

export default {
  async fetch(request, env) {
    requests += 1;
    const ctx = { language: request.headers.get("accept-language") ?? "none", count: requests };
    const upstream = await env.ORIGIN.fetch(request);
    const response = new Response(upstream.body, upstream);
    response.headers.set("x-ctx", `${ctx.language} ${ctx.count}`);
    return response;
  },
};
