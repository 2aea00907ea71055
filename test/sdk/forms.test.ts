// Blob, File and FormData in a real isolate, and bodies of them: Node's as the oracle.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inside } from "./inside.ts";
import { sameAsNode } from "./same-as-node.ts";

const BEFORE = `const show = async (form) => { const all = []; for (const [name, value] of form)
    all.push([name, typeof value === "string" ? value : [value.name, value.type,
      await value.text()]]);
    return all };
  const failing = async (run) => { try { return await run() } catch (e) { return [e.name ?? e] } };
  const parse = (type, text) => failing(async () => show(await new Response(text,
    { headers: { "content-type": type } }).formData()));
  const filled = () => { const form = new FormData(); form.append("a", "1"); form.append("b",
    "\\u00e9\\n2");
    form.append("file", new File(["text"], 'na"me.txt', { type: "text/css" })); form.append("a",
      "3");
    form.append("blob", new Blob([new Uint8Array([0, 255, 13, 10, 45])])); return form };`;

const CASES: Readonly<Record<string, string>> = {
  "a Blob is made of its parts": `(async () => { const blob = new Blob(["a", new Uint8Array([98]),
    new Blob(["c"]), new Uint16Array([0x6564]).buffer, 5], { type: "Text/Plain" });
    return [blob.size, blob.type, await blob.text(), [...new Uint8Array(await blob.arrayBuffer())],
      String(blob), new Blob().size, new Blob([], { type: "\u00e9" }).type] })()`,
  "a Blob is cut": `Promise.all([[1, 3], [-2], [0, -1], [3, 1], [2, 99], []].map(([from, to]) =>
    new Blob(["abcd"]).slice(from, to, "x/y").text()))`,
  "a Blob and a File are cloned, and no form is": `(async () => {
    const [blob, file] = structuredClone([new Blob(["a"], { type: "x/y" }), new File(["b"], "n",
      { type: "a/b", lastModified: 5 })]);
    return [await blob.text(), blob.type, await file.text(), file.name, file.type,
    file.lastModified,
      file instanceof File, blob instanceof Blob] })()`,
  "a File has a name and a date": `[new File(["a"], "n", { lastModified: 5,
    type: "a/b" })].map((f) =>
    [f.name, f.lastModified, f.type, f.size, f instanceof Blob, String(f)])`,
  "a FormData keeps names and values in their order": `(async () => { const form = filled();
    form.set("a", "9"); form.delete("b"); form.append("c", new Blob(["x"]), "own.txt");
    const seen = []; form.forEach((value, name) => seen.push(name));
    return [await show(form), form.get("a"), form.getAll("a"), form.has("b"), form.get("none"),
      seen,
      [...form.keys()], String(form), await failing(() => form.append("a", "text", "name"))] })()`,
  "a form goes through a body and comes back": `(async () =>
    show(await new Response(filled()).formData()))()`,
  "a form is the body of a Request": `(async () =>
    { const request = new Request("https://a.example/",
    { method: "POST", body: filled() });
    return [request.headers.get("content-type").startsWith("multipart/form-data; boundary="),
      await show(await request.formData())] })()`,
  "a Blob is a body, and a body a Blob": `(async () => { const r = new Response(new Blob(["abc"],
      { type: "x/y" })); const blob = await new Response("t",
        { headers: { "content-type": "a/b" } }).blob();
    return [r.headers.get("content-type"), await r.text(), blob.type, await blob.text()] })()`,
  "pairs of a form that is URL-encoded": `parse(
    "application/x-www-form-urlencoded; charset=utf-8", "a=1&b=%C3%A9+x&a=")`,
  "parts of a form as browsers write them": `parse('multipart/form-data; boundary="x y"', ["--x y",
    'Content-Disposition: form-data; name="a"', "", "1", "--x y",
    'content-disposition: form-data; name="f"; filename="n.txt"', "Content-Type: text/css", "",
      "body",
    "--x y--", ""].join("\\r\\n"))`,
  "what is no form": `Promise.all([parse("text/plain", "a=1"), 
    parse("multipart/form-data", "--x--"), parse("multipart/form-data; boundary=x", "nothing"),
    parse("multipart/form-data; boundary=x", "--x\\r\\nno"),
    parse("multipart/form-data; boundary=x", "--x\\r\\nA: b\\r\\n\\r\\nc\\r\\n--x--")])`,
};

for (const [title, expression] of Object.entries(CASES)) {
  test(`${title}, as in Node`, () => sameAsNode(expression, BEFORE));
}

test("a script that names none of it is told so", async () => {
  const said = await inside(`(async () => { const method = ["bl", "ob"].join("");
    try { await new Response("")[method]() } catch (error) { return error.message } })()`);
  assert.match(String(said), /expected the script to name Blob or FormData/);
});
