// The two hooks for njs. Each request gets a fresh context, so ctx travels in nginx's variable,
// and a count needs the shared dict (njs 0.8.0 and later).

const counters = typeof ngx === "object" && ngx.shared ? ngx.shared.counters : undefined;

function requestFilter(request) {
  const language = request.headersIn["Accept-Language"] || "none";
  const count = counters ? counters.incr("requests", 1, 0) : "uncounted";
  return `${language} ${count}`;
}

function responseFilter(request) {
  request.headersOut["x-ctx"] = request.variables.ctx;
}

export default { requestFilter, responseFilter };
