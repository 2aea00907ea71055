// The frame around every page: who is logged in, where one can go, what is down; and which page it
// is.

import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { route } from "./base/router.ts";
import { session } from "./base/session-state.ts";
import { LoginPage } from "./pages/login.tsx";
import { MetricsPage } from "./pages/metrics.tsx";
import { NotFoundPage } from "./pages/not-found.tsx";
import { OverviewPage } from "./pages/overview.tsx";
import type { PageProps } from "./pages/props.ts";
import { RequestPage } from "./pages/request.tsx";
import { TailPage } from "./pages/tail.tsx";
import { TenantPage } from "./pages/tenant.tsx";
import { TenantsPage } from "./pages/tenants.tsx";
import { Banner } from "./parts/banner.tsx";
import { Header } from "./parts/header.tsx";
import { KeyHelp } from "./parts/key-help.tsx";
import { useKeys } from "./parts/keys.ts";
import { lazy } from "./parts/lazy.tsx";
import { Navigation } from "./parts/navigation.tsx";
import { Notices } from "./parts/notices.tsx";

interface Page {
  readonly title: string;
  readonly view: ComponentType<PageProps>;
}

// what nobody begins with, or opens once in a while
const AuditPage = lazy<PageProps>(async () => (await import("./pages/audit.tsx")).AuditPage);
const ExplainPage = lazy<PageProps>(async () => (await import("./pages/explain.tsx")).ExplainPage);
const NodesPage = lazy<PageProps>(async () => (await import("./pages/nodes.tsx")).NodesPage);
const UpstreamsPage = lazy<PageProps>(
  async () => (await import("./pages/upstreams.tsx")).UpstreamsPage,
);
const ValuesPage = lazy<PageProps>(async () => (await import("./pages/values.tsx")).ValuesPage);
const VersionPage = lazy<PageProps>(async () => (await import("./pages/version.tsx")).VersionPage);
const VersionsPage = lazy<PageProps>(
  async () => (await import("./pages/versions.tsx")).VersionsPage,
);

const OF_PROXY: Readonly<Record<string, Page>> = {
  "": { title: "Overview", view: OverviewPage },
  tenants: { title: "Tenants", view: TenantsPage },
  tail: { title: "Live tail", view: TailPage },
  metrics: { title: "Metrics", view: MetricsPage },
  explain: { title: "Explain a request", view: ExplainPage },
  nodes: { title: "Nodes", view: NodesPage },
  audit: { title: "Audit log", view: AuditPage },
};

const OF_TENANT: Readonly<Record<string, Page>> = {
  "": { title: "Overview", view: TenantPage },
  versions: { title: "Versions", view: VersionsPage },
  tail: { title: "Live tail", view: TailPage },
  requests: { title: "Failed and slow requests", view: RequestPage },
  metrics: { title: "Metrics", view: MetricsPage },
  explain: { title: "Explain a request", view: ExplainPage },
  values: { title: "Flags, secrets, counters", view: ValuesPage },
  upstreams: { title: "Upstreams", view: UpstreamsPage },
};

const NOT_FOUND: Page = { title: "Not found", view: NotFoundPage };

interface Found extends PageProps {
  readonly page: Page;
}

/** Who has a tenant's token begins there: the whole proxy is not theirs to see. */
function pageOf(parts: readonly string[], own: string | null): Found {
  const [first = "", tenant = own ?? "", part = "", name = ""] = parts;
  if (first === "" && own !== null) return found(OF_TENANT[""], own, "");
  if (first !== "tenants" || tenant === "") return found(OF_PROXY[first], "", tenant);
  if (part === "versions" && name !== "") {
    return found({ title: `Version ${name}`, view: VersionPage }, tenant, name);
  }
  if (part === "requests" && name !== "") {
    return found({ title: "Request", view: RequestPage }, tenant, name);
  }
  return found(OF_TENANT[part], tenant, name);
}

const found = (page: Page | undefined, tenant: string, name: string): Found => ({
  page: page ?? NOT_FOUND,
  tenant,
  name,
});

export function App() {
  const who = session.value;
  if (who === undefined) return <div class="starting" aria-busy="true" />;
  if (who === null) return <LoginPage />;
  return <Pages own={who.tenant} />;
}

function Pages({ own }: { own: string | null }) {
  const { page, tenant, name } = pageOf(route.value.parts, own);
  const heading = useRef<HTMLHeadingElement>(null);
  const place = `${tenant}/${page.title}/${name}`;
  useKeys();
  useEffect(() => {
    document.title = `${page.title}${tenant === "" ? "" : ` · ${tenant}`} · Sluice`;
    heading.current?.focus();
  }, [place]);
  const { view: View } = page;
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={(event) => skip(event, heading.current)}>
        Skip to the content
      </a>
      <Header />
      <Navigation tenant={tenant} part={route.value.parts} own={own} />
      <main id="main">
        <Banner />
        <h1 ref={heading} tabIndex={-1}>
          {tenant !== "" && <span class="of">{tenant}</span>}
          {page.title}
        </h1>
        <View key={place} tenant={tenant} name={name} />
      </main>
      <Notices />
      <KeyHelp />
    </div>
  );
}

/** The fragment is the address of the page: a link to another one would leave it. */
function skip(event: Event, heading: HTMLElement | null): void {
  event.preventDefault();
  heading?.focus();
}
