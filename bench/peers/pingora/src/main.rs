// The two hooks and the counter in Pingora, whose phases and ctx Sluice takes after: a header goes
// into ctx, a counter counts, and a header of the response comes out of ctx.
//
//     bench-pingora PORT ORIGIN hooks|forward

use async_trait::async_trait;
use pingora::prelude::*;
use pingora::server::configuration::ServerConf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

static REQUESTS: AtomicU64 = AtomicU64::new(0);

struct Bench {
    origin: u16,
    has_hooks: bool,
}

struct Ctx {
    language: String,
    count: u64,
}

#[async_trait]
impl ProxyHttp for Bench {
    type CTX = Ctx;

    fn new_ctx(&self) -> Ctx {
        Ctx { language: String::new(), count: 0 }
    }

    async fn request_filter(&self, session: &mut Session, ctx: &mut Ctx) -> Result<bool> {
        if self.has_hooks {
            let value = session.req_header().headers.get("accept-language");
            let language = value.and_then(|value| value.to_str().ok()).unwrap_or("none");
            ctx.language = language.to_string();
            ctx.count = REQUESTS.fetch_add(1, Ordering::Relaxed) + 1;
        }
        Ok(false)
    }

    async fn upstream_peer(&self, _: &mut Session, _: &mut Ctx) -> Result<Box<HttpPeer>> {
        let mut peer = HttpPeer::new(("127.0.0.1", self.origin), false, String::new());
        peer.options.idle_timeout = Some(Duration::from_secs(3600));
        Ok(Box::new(peer))
    }

    async fn response_filter(
        &self,
        _: &mut Session,
        response: &mut ResponseHeader,
        ctx: &mut Ctx,
    ) -> Result<()> {
        if self.has_hooks {
            response.insert_header("x-ctx", format!("{} {}", ctx.language, ctx.count))?;
        }
        Ok(())
    }
}

fn main() {
    let given: Vec<String> = std::env::args().collect();
    let [_, port, origin, work] = &given[..] else {
        panic!("expected PORT ORIGIN hooks|forward");
    };
    let conf = ServerConf { threads: 1, upstream_keepalive_pool_size: 512, ..Default::default() };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let origin = origin.parse().expect("a port");
    let bench = Bench { origin, has_hooks: work == "hooks" };
    let mut proxy = http_proxy_service(&server.configuration, bench);
    proxy.add_tcp(&format!("127.0.0.1:{port}"));
    server.add_service(proxy);
    server.run_forever();
}
