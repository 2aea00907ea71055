// Where one gives a token: the page that one wanted comes after it, as the address still has it.

import { useEffect, useRef, useState } from "preact/hooks";
import { Problem } from "../base/api.ts";
import { goInstead } from "../base/router.ts";
import { logIn } from "../base/session.ts";

/** `#token=…`: what the terminal printed. It is taken out of the address at once. */
function tokenOfAddress(): string {
  const found = /^#token=([\w-]+)$/.exec(location.hash)?.[1] ?? "";
  if (found !== "") goInstead([]);
  return found;
}

export function LoginPage() {
  const [token, setToken] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);

  const submit = async (given: string): Promise<void> => {
    setIsBusy(true);
    setProblem(null);
    try {
      await logIn(given);
    } catch (thrown) {
      setProblem(thrown instanceof Problem ? thrown.message : String(thrown));
      setIsBusy(false);
      field.current?.focus();
    }
  };

  useEffect(() => {
    document.title = "Log in · Sluice";
    const given = tokenOfAddress();
    if (given !== "") void submit(given);
    else field.current?.focus();
  }, []);

  const onSubmit = (event: Event): void => {
    event.preventDefault();
    if (token !== "" && !isBusy) void submit(token.trim());
  };

  return (
    <main class="login">
      <form onSubmit={onSubmit}>
        <img src="icon.svg" alt="" width="40" height="40" />
        <h1>Sluice</h1>
        <label for="token">Token of the admin API</label>
        <input
          ref={field}
          id="token"
          type="password"
          autocomplete="current-password"
          value={token}
          onInput={(event) => setToken(event.currentTarget.value)}
          aria-describedby="token-problem token-help"
          aria-invalid={problem !== null}
        />
        <p id="token-problem" class="field-problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="main" disabled={isBusy}>
          {isBusy ? "Logging in…" : "Log in"}
        </button>
        <p id="token-help" class="help">
          The operator’s is the value of <code>SLUICE_ADMIN_TOKEN</code>;{" "}
          <code>sluice token create --role reader</code> makes others. The session ends with its
          token, and after twelve hours.
        </p>
      </form>
    </main>
  );
}
