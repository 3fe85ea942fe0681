// @ts-check
// Every number of one scope; each opens the list behind it. The name of a number is its path in the answer.
import { dateTime, language, loadWords, percent, t, titleOf, zoneName } from "./text.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const asked = new URLSearchParams(location.search);
/** @type {any} */
let found = null;

/** @typedef {{name: string, value: any}} Leaf */

/** @param {string} path @param {any} table @returns {Leaf[]} */
function leaves(path, table) {
  return Object.entries(table).flatMap(([key, value]) => {
    const name = path ? `${path}/${key}` : key;
    return value && typeof value === "object" && !("num" in value && "n" in value) ? leaves(name, value) : [{ name, value }];
  });
}

/** The unit is part of a number's name. @param {string} name */
const unit = (name) => (/_s(\/|$)/.test(name) ? " s" : /_ms(\/|\.|$)/.test(name) ? " ms" : "");

/** @param {Leaf} leaf */
const text = ({ name, value }) => (value === null ? "–" : typeof value === "object" ? `${value.value === null ? "–" : value.value <= 1 ? `${percent(value.value)} %` : value.value} (${value.num} / ${value.n})`
  : unit(name) ? `${Math.round(value * 10) / 10}${unit(name)}` : String(value));

const isNamed = (/** @type {string} */ name) => t(`m.${name}`) !== `m.${name}`;

/** @param {Leaf} leaf */
function line(leaf) {
  const row = document.createElement("tr");
  const link = document.createElement("a");
  link.href = `/list?${new URLSearchParams({ metric: leaf.name, scope: at("scope").value, window: at("span").value, lang: language })}`;
  link.textContent = text(leaf);
  const label = isNamed(leaf.name) ? t(`m.${leaf.name}`) : "";
  const cells = [leaf.name, label, link, found.formulas?.[leaf.name] ?? ""].map((content) => {
    const cell = document.createElement("td");
    cell.append(content);
    return cell;
  });
  cells[3].className = "minor";
  row.append(...cells);
  return row;
}

function draw() {
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(/** @type {HTMLElement} */ (e).dataset.t ?? "");
  const [all] = at("scope").options;
  if (all) all.textContent = t("allDepartments");
  if (!found) return;
  if (found.detail) { at("count").textContent = found.detail; return; }
  const word = at("find").value.trim().toLowerCase();
  const shown = leaves("", found.metrics).filter((l) => l.value !== null || word).filter((l) => `${l.name} ${t(`m.${l.name}`)}`.toLowerCase().includes(word));
  shown.sort((a, b) => Number(isNamed(b.name)) - Number(isNamed(a.name))); // what has a name in the reader's language first
  const asOf = Date.parse(found.as_of);
  at("count").textContent = `${t("numbers.count", { n: shown.length })} · ${t("asOf", { time: dateTime(asOf) })} ${zoneName(asOf)}`;
  at("list").replaceChildren(...shown.map(line));
}

async function load() {
  const query = new URLSearchParams({ scope: at("scope").value || "all", window: at("span").value });
  history.replaceState(null, "", `?${new URLSearchParams([...query, ...(asked.get("lang") ? [["lang", asked.get("lang") ?? ""]] : [])])}`);
  try { found = await (await fetch(`/api/v1/metrics?${query}`)).json(); } catch { found = { detail: t("channels.lost") }; }
  draw();
}

/** @param {string} value @param {string} label */
function option(value, label) {
  const made = document.createElement("option");
  [made.value, made.textContent] = [value, label];
  return made;
}

async function scopes() {
  const [scope, span] = [asked.get("scope") ?? "all", asked.get("window")];
  let departments = [];
  try { ({ departments } = await (await fetch("/api/v1/scorecards?window=now")).json()); } catch { /* all alone */ }
  at("scope").replaceChildren(option("all", t("allDepartments")), ...(departments ?? []).map((/** @type {any} */ d) => option(`department:${d.department}`, titleOf(d.title, d.department))));
  if (![...at("scope").options].some((o) => o.value === scope)) at("scope").append(option(scope, scope));
  at("scope").value = scope;
  if (span && ![...at("span").options].some((o) => o.value === span)) at("span").append(option(span, span));
  if (span) at("span").value = span;
}

for (const id of ["scope", "span"]) at(id).addEventListener("change", load);
at("find").addEventListener("input", draw);
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await loadWords();
at("language").value = language;
await scopes();
await load();
