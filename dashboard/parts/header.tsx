// The line at the top: search, role, theme, log out.

import { useState } from "preact/hooks";
import { go, to } from "../base/router.ts";
import { logOut } from "../base/session.ts";
import { session } from "../base/session-state.ts";
import { Icon } from "./icon.tsx";
import { isHelpOpen } from "./keys.ts";
import { nextTheme, theme } from "./theme.ts";

export function Header() {
  const who = session.value;
  return (
    <header class="top">
      <a class="brand" href={to([])}>
        <img src="icon.svg" alt="" width="24" height="24" />
        Sluice
      </a>
      <Search own={who?.tenant ?? null} />
      <span class="who" title={`Logged in as ${who?.actor}`}>
        {who?.role}
        {who?.tenant != null && <> of {who.tenant}</>}
      </span>
      <button type="button" class="quiet" onClick={nextTheme} aria-label={`Theme: ${theme.value}`}>
        <Icon name={theme.value} />
      </button>
      <button
        type="button"
        class="quiet"
        aria-keyshortcuts="?"
        onClick={() => {
          isHelpOpen.value = true;
        }}
      >
        Keys
      </button>
      <button type="button" class="quiet" onClick={() => void logOut()}>
        Log out
      </button>
    </header>
  );
}

/** What to look for in the live tail. */
function Search({ own }: { own: string | null }) {
  const [text, setText] = useState("");
  const search = (event: Event): void => {
    event.preventDefault();
    if (text.trim() === "") return;
    go(own === null ? ["tail"] : ["tenants", own, "tail"], { search: text.trim() });
  };
  return (
    <form role="search" onSubmit={search}>
      <input
        id="search"
        type="search"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        placeholder="Follow a path, host, error or request id"
        aria-label="Search the live tail"
        aria-keyshortcuts="/"
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
