// The line at the top: search, role, theme, log out.

import { useState } from "preact/hooks";
import { findRequest } from "../base/find-request.ts";
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

/** Opens a request by its id, else looks for the text in the live tail. */
function Search({ own }: { own: string | null }) {
  const [text, setText] = useState("");
  const search = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wanted = text.trim();
    if (wanted === "") return;
    const found = await findRequest(wanted, own);
    if (found !== null) go(["tenants", found.tenant, "requests", found.id]);
    else go(own === null ? ["tail"] : ["tenants", own, "tail"], { search: wanted });
  };
  return (
    <form role="search" onSubmit={(event) => void search(event)}>
      <input
        id="search"
        type="search"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        placeholder="Path, host or error; id of a request"
        aria-label="Open a request by its id, or search the live tail"
        aria-keyshortcuts="/"
      />
      <kbd aria-hidden="true">/</kbd>
    </form>
  );
}
