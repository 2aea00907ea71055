// Pages, templates, languages and logs.

import type { PackageCase } from "./package-case.ts";

export const TEXT: readonly PackageCase[] = [
  {
    packages: ["marked@18.2.1"],
    imports: 'import { marked } from "marked";',
    does: 'marked.parse("# *a*")',
    gives: "<h1><em>a</em></h1>\n",
  },
  {
    packages: ["markdown-it@15.0.3"],
    imports: 'import MarkdownIt from "markdown-it";',
    does: 'new MarkdownIt({ linkify: true }).render("**a**")',
    gives: "<p><strong>a</strong></p>\n",
  },
  {
    packages: ["mustache@4.2.0"],
    imports: 'import Mustache from "mustache";',
    does: 'Mustache.render("{{#a}}<{{.}}>{{/a}}", { a: [1, 2] })',
    gives: "<1><2>",
  },
  {
    packages: ["htmlparser2@12.0.0"],
    imports: 'import { Parser } from "htmlparser2";',
    does: `(() => {
      const names = [];
      new Parser({ onopentag: (name) => names.push(name) }).end("<p>a<b>c</b>");
      return names;
    })()`,
    gives: ["p", "b"],
  },
  {
    packages: ["linkedom@0.18.15"],
    imports: 'import { parseHTML } from "linkedom/worker";',
    does: `(() => {
      const { document } = parseHTML("<html><body><p class=a>text</p></body></html>");
      return document.querySelector("p.a").textContent;
    })()`,
    gives: "text",
  },
  {
    packages: ["cheerio@1.2.0"],
    imports: 'import { load } from "cheerio/slim";',
    does: 'load("<ul><li>a</li><li>b</li></ul>")("li").last().text()',
    gives: "b",
  },
  {
    packages: ["node-html-parser@9.0.7"],
    imports: 'import { parse } from "node-html-parser";',
    does: 'parse("<p id=a>text</p>").querySelector("#a").text',
    gives: "text",
  },
  {
    packages: ["he@1.2.0"],
    imports: 'import he from "he";',
    does: '[he.encode("<ü>"), he.decode("&copy;")]',
    gives: ["&#x3C;&#xFC;&#x3E;", "©"],
  },
  {
    packages: ["entities@9.0.0"],
    imports: 'import { decodeHTML, escapeUTF8 } from "entities";',
    does: '[decodeHTML("&auml;"), escapeUTF8("<ä>")]',
    gives: ["ä", "&lt;ä&gt;"],
  },
  {
    packages: ["escape-html@1.0.3"],
    imports: 'import escapeHtml from "escape-html";',
    does: 'escapeHtml("<&>")',
    gives: "&lt;&amp;&gt;",
  },
  {
    packages: ["slugify@1.6.9"],
    imports: 'import slugify from "slugify";',
    does: 'slugify("Schöne Grüße", { lower: true })',
    gives: "schone-grusse",
  },
  {
    packages: ["change-case@5.4.4"],
    imports: 'import { kebabCase } from "change-case";',
    does: 'kebabCase("fooBar")',
    gives: "foo-bar",
  },
  {
    packages: ["picomatch@4.0.7"],
    imports: 'import picomatch from "picomatch";',
    does: 'picomatch("/api/**/*.json")("/api/a/b.json")',
    gives: true,
  },
  {
    packages: ["minimatch@11.0.9"],
    imports: 'import { minimatch } from "minimatch";',
    does: 'minimatch("a/b.ts", "a/*.{js,ts}")',
    gives: true,
  },
  {
    packages: ["i18next@26.7.2"],
    imports: 'import i18next from "i18next";',
    does: `(async () => {
      const resources = { de: { translation: { hello: "Hallo {{name}}" } } };
      const i18n = i18next.createInstance();
      await i18n.init({ lng: "de", resources });
      return i18n.t("hello", { name: "Ann" });
    })()`,
    gives: "Hallo Ann",
  },
  {
    packages: ["intl-messageformat@12.1.5"],
    imports: 'import { IntlMessageFormat } from "intl-messageformat";',
    does: 'new IntlMessageFormat("{n, plural, one {# hit} other {# hits}}", "en").format({ n: 2 })',
    gives: "2 hits",
  },
  {
    packages: ["diff@9.0.0"],
    imports: 'import { diffWords } from "diff";',
    does: 'diffWords("a b", "a c").map(({ value }) => value.trim())',
    gives: ["a", "b", "c"],
  },
  {
    packages: ["graphql@16.15.0"],
    imports: 'import { buildSchema, graphql } from "graphql";',
    does: `graphql({ schema: buildSchema("type Query { hello: String }"),
      source: "{ hello }", rootValue: { hello: () => "world" } }).then(({ data }) => data)`,
    gives: { hello: "world" },
  },
  {
    packages: ["@opentelemetry/api@1.10.0"],
    imports: 'import { trace } from "@opentelemetry/api";',
    does: 'trace.getTracer("a").startActiveSpan("b", (span) => { span.end(); return span.isRecording(); })',
    gives: false,
  },
  {
    packages: ["@sentry/core@11.12.0"],
    imports: 'import { makeDsn } from "@sentry/core";',
    does: 'makeDsn("https://key@o1.ingest.example/7").projectId',
    gives: "7",
  },
  {
    packages: ["sanitize-html@2.17.5"],
    imports: 'import sanitizeHtml from "sanitize-html";',
    does: 'sanitizeHtml("<b>a</b><script>1</script>")',
    gives: "<b>a</b>",
  },
];
