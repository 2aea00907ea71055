// The files of two versions: what was added, removed and changed.

import { type DiffLine, diffOf, shortened } from "../base/diff.ts";
import { safe } from "../base/text.ts";

type Files = Readonly<Record<string, string>>;

interface DiffViewProps {
  readonly old: Files;
  readonly fresh: Files;
}

const SIGNS = { same: " ", added: "+", removed: "-", skipped: "" } as const;
const SPOKEN = { same: "", added: "added: ", removed: "removed: ", skipped: "" } as const;

export function DiffView({ old, fresh }: DiffViewProps) {
  const names = [...new Set([...Object.keys(old), ...Object.keys(fresh)])].sort();
  const changed = names.filter((name) => old[name] !== fresh[name]);
  if (changed.length === 0) return <p class="muted">Their sources are the same.</p>;
  return (
    <>
      {changed.map((name) => (
        <FileDiff
          key={name}
          name={name}
          lines={diffOf(old[name] ?? "", fresh[name] ?? "")}
          note={name in old ? (name in fresh ? "" : "removed") : "new"}
        />
      ))}
    </>
  );
}

interface FileDiffProps {
  readonly name: string;
  readonly lines: readonly DiffLine[];
  readonly note: string;
}

function FileDiff({ name, lines, note }: FileDiffProps) {
  const added = lines.filter(({ kind }) => kind === "added").length;
  const removed = lines.filter(({ kind }) => kind === "removed").length;
  return (
    <section class="file" aria-label={name}>
      <h3>
        <span class="code">{safe(name)}</span> <span class="plus">+{added}</span>{" "}
        <span class="minus">−{removed}</span> {note}
      </h3>
      <div class="code-box" tabIndex={0} role="region" aria-label={`Changes of ${name}`}>
        {shortened(lines).map(({ kind, text, old, fresh }, index) => (
          <div key={`${old} ${fresh} ${index}`} class={`code-line ${kind}`}>
            <span class="line-number">{old === 0 ? "" : old}</span>
            <span class="line-number">{fresh === 0 ? "" : fresh}</span>
            <span class="sign" aria-hidden="true">
              {SIGNS[kind]}
            </span>
            <code>
              <span class="hidden">{SPOKEN[kind]}</span>
              {kind === "skipped" ? "⋯" : safe(text.replaceAll("\t", "  "), 1_000)}
            </code>
          </div>
        ))}
      </div>
    </section>
  );
}

const LINES_MAX = 3_000;

export function FileView({ name, text }: { name: string; text: string }) {
  const lines = text.split("\n");
  return (
    <div class="code-box" tabIndex={0} role="region" aria-label={`Source of ${name}`}>
      {lines.slice(0, LINES_MAX).map((line, index) => (
        <div key={`${index} ${line.length}`} class="code-line same">
          <span class="line-number">{index + 1}</span>
          <code>{safe(line.replaceAll("\t", "  "), 1_000)}</code>
        </div>
      ))}
      {lines.length > LINES_MAX && <p class="muted">{lines.length - LINES_MAX} lines more</p>}
    </div>
  );
}
