# workerd (the runtime of Cloudflare Workers): one fetch handler in front of the origin, which it
# reaches by a service binding, without DNS. workerd runs JavaScript on one thread.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "proxy", worker = .proxy),
    (name = "origin", external = (address = "127.0.0.1:{{origin}}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:{{port}}", http = (), service = "proxy")],
);

const proxy :Workerd.Worker = (
  modules = [(name = "workerd.js", esModule = embed "workerd.js")],
  compatibilityDate = "2026-01-01",
  bindings = [(name = "ORIGIN", service = "origin")],
);
