"use strict";
// Builds the list of items. Everything shown is set as text, never as markup: it was written by a model.
const { items, schemas, rules } = JSON.parse(document.getElementById("data").textContent);
const PAGE = 100;
let shown = PAGE;
let extra = null; // a filter that has no control of its own, from a plot or the address: [field, value]
const extras = {
  clause: (item, value) => item.clauses.includes(value),
  turn: (item, value) => item.dialogue_id !== "" && String(item.turn + 1) === value,
  item: (item, value) => item.id === value,
};

const $ = (id) => document.getElementById(id);

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

const verdicts = {
  wrong: (item) => item.strict_correct === false,
  right: (item) => item.strict_correct === true,
  disagree: (item) => item.state === "judged" && item.strict_correct !== item.test_suite_execution,
  no_power: (item) => item.no_power === true,
  flagged: (item) => item.flags.length > 0,
  unjudged: (item) => item.state !== "judged",
};

function haystack(item) {
  item.text ??= [item.id, item.question, item.gold_sql, item.predicted_sql, item.reason, item.db_id].join("\n").toLowerCase();
  return item.text;
}

function chosen() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const verdict = verdicts[$("verdict").value];
  return items.filter(
    (item) =>
      (!verdict || verdict(item)) &&
      ["hardness", "db_id", "cause"].every((name) => !$(name).value || String(item[name]) === $(name).value) &&
      (!extra || extras[extra[0]](item, extra[1])) &&
      words.every((word) => haystack(item).includes(word)),
  );
}

function refresh() {
  const found = chosen();
  const list = $("list");
  list.replaceChildren(...found.slice(0, shown).map(row));
  const also = extra ? `, ${extra[0]} ${extra[1]}` : "";
  $("count").textContent = `${found.length} of ${items.length} items${also}`;
  $("more").hidden = found.length <= shown;
}

function row(item) {
  const right = item.strict_correct;
  const glyph = right === null ? "–" : right ? "✓" : "✗";
  const word = right === null ? "not judged" : right ? "right" : "wrong";
  const tags = el("span", { class: "tags" });
  if (item.cause) tags.append(el("span", { class: "tag bad" }, item.cause.replaceAll("_", " ")));
  if (item.no_power) tags.append(el("span", { class: "tag" }, "no power"));
  tags.append(el("span", { class: "tag" }, item.db_id), el("span", { class: "tag" }, item.hardness));
  const mark = el("span", { class: `glyph ${right === null ? "soft" : right ? "is-right" : "is-wrong"}` }, glyph, el("span", { class: "hidden" }, ` ${word}: `));
  const button = el("button", { type: "button", "aria-expanded": "false" }, mark, el("span", {}, item.question), tags);
  const node = el("div", { class: "item" }, button);
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) node.lastChild.remove();
    else node.append(detail(item));
  });
  return node;
}

function rule(value, label) {
  if (typeof value === "number") return el("span", {}, `${label} ${value.toFixed(2)}`);
  return value === null ? null : el("span", { class: value ? "is-right" : "is-wrong" }, `${value ? "✓" : "✗"} ${label}`);
}

function detail(item) {
  const box = el("div", { class: "detail" });
  if (item.reason) box.append(el("p", {}, item.reason));
  if (item.flags.length) box.append(el("p", { class: "soft" }, `Arguable: ${item.flags.join(", ").replaceAll("_", " ")}.`));
  if (item.history.length) {
    box.append(block("Earlier turns", ...item.history.flatMap((turn) => [el("p", {}, turn.question), turn.sql ? sql(turn.sql) : null])));
  }
  if (item.evidence) box.append(block("Evidence", el("p", {}, item.evidence)));
  const [gold, predicted] = compared(item.gold_sql, item.predicted_sql);
  box.append(el("div", { class: "two" }, block("Gold SQL", gold), block("Predicted SQL", item.predicted_sql.trim() ? predicted : el("p", { class: "soft" }, item.missing ? "No prediction in the file." : "Empty."))));
  if (item.gold || item.predicted) box.append(el("div", { class: "two" }, ran("Gold result", item.gold), ran("Predicted result", item.predicted)));
  box.append(el("p", { class: "small rules" }, ...rules.map(([name, label]) => rule(item[name] ?? item.metrics[name] ?? null, label))));
  if (item.raw_output && item.raw_output !== item.predicted_sql) box.append(folded("Raw output of the model", el("pre", {}, item.raw_output)));
  if (schemas[item.db_id]) box.append(folded("Schema", el("pre", { class: "schema" }, schemas[item.db_id])));
  const facts = [`id ${item.id}`, item.dialogue_id ? `turn ${item.turn + 1} of dialogue ${item.dialogue_id}` : "", item.latency_s === null ? "" : `model ${item.latency_s.toFixed(2)} s`, item.predicted ? `query ${(1000 * item.predicted.elapsed_s).toFixed(1)} ms` : ""];
  const link = el("a", { href: `#item=${encodeURIComponent(item.id)}` }, "link");
  box.append(el("p", { class: "soft small" }, facts.filter(Boolean).join(" · "), " · ", link));
  return box;
}

const block = (title, ...children) => el("div", {}, el("h3", {}, title), ...children);
const folded = (title, child) => el("details", {}, el("summary", {}, title), child);

function ran(title, side) {
  if (!side) return block(title, el("p", { class: "soft" }, "Not run."));
  if (!side.result) return block(title, el("p", { class: "is-wrong" }, `${side.status}: ${side.message}`));
  const { columns, rows, numbers, row_count, truncated, marks } = side.result;
  const marked = new Set(marks.map(([r, c]) => `${r},${c}`));
  const head = el("tr", {}, el("th", { class: "place", scope: "col" }, el("span", { class: "hidden" }, "row")), ...columns.map((name) => el("th", { scope: "col" }, name)));
  const body = rows.map((cells, r) => el("tr", {}, el("td", { class: "place" }, String(numbers[r])), ...cells.map((value, c) => cell(value, marked.has(`${r},${c}`)))));
  const size = `${row_count} ${row_count === 1 ? "row" : "rows"}${rows.length < row_count ? `, ${rows.length} shown` : ""}${truncated ? ", cut by a limit" : ""}`;
  return block(`${title}: ${size}`, el("div", { class: "rows", tabindex: "0", role: "region", "aria-label": title }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...body))));
}

function cell(value, differs) {
  const text = value === null ? "NULL" : String(value);
  const number = typeof value === "number" ? "number" : "";
  return el("td", { class: `${number} ${value === null ? "null" : ""} ${differs ? "differs" : ""}`, title: differs ? "differs" : null }, text);
}

const KEYWORDS = new Set("select from where group by having order limit offset join left right inner outer full cross on as and or not in is null like between exists distinct union all intersect except case when then else end asc desc with".split(" "));
const pieces = (text) => text.match(/'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|\s+|./gs) ?? [];

function sql(text, same = null) {
  const node = el("pre", {});
  pieces(text).forEach((piece, i) => {
    const keyword = KEYWORDS.has(piece.toLowerCase());
    const differs = same !== null && piece.trim() && !same.has(i);
    node.append(keyword || differs ? el("span", { class: `${keyword ? "keyword" : ""} ${differs ? "differs" : ""}` }, piece) : piece);
  });
  return node;
}

// Marks the words that the longest common sequence of both statements leaves out.
function compared(gold, predicted) {
  const words = (text) => pieces(text).map((piece, i) => [piece.toLowerCase(), i]).filter(([piece]) => piece.trim());
  const a = words(gold), b = words(predicted);
  if (!a.length || !b.length || a.length * b.length > 250000) return [sql(gold), sql(predicted)];
  const best = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      best[i][j] = a[i][0] === b[j][0] ? best[i + 1][j + 1] + 1 : Math.max(best[i + 1][j], best[i][j + 1]);
  const inA = new Set(), inB = new Set();
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i][0] === b[j][0]) { inA.add(a[i++][1]); inB.add(b[j++][1]); }
    else if (best[i + 1][j] >= best[i][j + 1]) i++;
    else j++;
  }
  return [sql(gold, inA), sql(predicted, inB)];
}

$("filters").addEventListener("input", () => { shown = PAGE; extra = null; refresh(); });
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("more").addEventListener("click", () => { shown += PAGE; refresh(); });
for (const button of document.querySelectorAll(".pick")) {
  button.addEventListener("click", () => {
    $("filters").reset();
    extra = null;
    const { field, value } = button.dataset;
    if ($(field)) $(field).value = value;
    else extra = [field, value];
    shown = PAGE;
    refresh();
    $("items").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  });
}
function follow() {
  const [field, value] = location.hash.slice(1).split("=");
  if (field !== "item" || !value) return;
  $("filters").reset();
  extra = ["item", decodeURIComponent(value)];
  refresh();
  document.querySelector(".item > button")?.click();
  $("items").scrollIntoView();
}
addEventListener("hashchange", follow);
refresh();
follow();
