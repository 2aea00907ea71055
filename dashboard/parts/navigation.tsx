// Where one can go: the pages of the proxy, and under them those of the tenant one is at.

import { to } from "../base/router.ts";
import { may } from "../base/session-state.ts";

interface NavigationProps {
  /** Empty: none. */
  readonly tenant: string;
  readonly part: readonly string[];
  /** The tenant of the token; null: it is for all. */
  readonly own: string | null;
}

const OF_PROXY = [
  ["", "Overview"],
  ["tenants", "Tenants"],
  ["tail", "Live tail"],
  ["metrics", "Metrics"],
  ["explain", "Explain a request"],
  ["nodes", "Nodes"],
  ["audit", "Audit log"],
] as const;

const OF_TENANT = [
  ["", "Overview"],
  ["versions", "Versions"],
  ["tail", "Live tail"],
  ["requests", "Failed and slow"],
  ["metrics", "Metrics"],
  ["explain", "Explain a request"],
  ["values", "Flags, secrets, counters"],
] as const;

export function Navigation({ tenant, part, own }: NavigationProps) {
  const [first = "", , second = ""] = part;
  const current = tenant === "" ? first : second;
  return (
    <nav class="side" aria-label="Pages">
      {own === null && (
        <ul>
          {OF_PROXY.map(([name, title]) => (
            <Entry
              key={name}
              href={to(name === "" ? [] : [name])}
              title={title}
              isCurrent={tenant === "" && name === current}
            />
          ))}
        </ul>
      )}
      {tenant !== "" && (
        <>
          <h2>{tenant}</h2>
          <ul>
            {[...OF_TENANT, ...(may("operator") ? [["upstreams", "Upstreams"] as const] : [])].map(
              ([name, title]) => (
                <Entry
                  key={name}
                  href={to(["tenants", tenant, ...(name === "" ? [] : [name])])}
                  title={title}
                  isCurrent={name === current}
                />
              ),
            )}
          </ul>
        </>
      )}
    </nav>
  );
}

interface EntryProps {
  readonly href: string;
  readonly title: string;
  readonly isCurrent: boolean;
}

const Entry = ({ href, title, isCurrent }: EntryProps) => (
  <li>
    <a href={href} aria-current={isCurrent ? "page" : undefined}>
      {title}
    </a>
  </li>
);
