// @ts-check
// Every number of one scope by its name, each opens the list behind it; its path and formula stand beside it for programs.
import { metricFormula, metricName, metricPlace } from "./metrics.js";
import { dateTime, duration, language, loadWords, percent, setZone, t, titleOf, translate, zoneName } from "./text.js";

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

const byNumber = new Intl.Collator("en", { numeric: true }); // 7-30d before 30d+
// What is divided, but is no share of it: hops of a ticket, points of a rating.
const MEANS = /^(hops|callbacks\.attempts|dispatch\.reply_satisfaction|hot_issues\/.*)$/;
const SECONDS = /_s(\/|$)/; // the unit is part of a path

/** @param {string} name @param {{value: number | null, num: number, n: number}} ratio */
function rate(name, { value, num, n }) {
  if (value === null) return "–";
  const said = MEANS.test(name) ? String(Math.round(value * 100) / 100) : `${percent(value)} %`;
  const [above, below] = /(^|\/)occupancy$/.test(name) ? [duration(num / 1000), duration(n / 1000)] : name === "fcr.window_elapsed" ? [duration(num), duration(n)] : [num, n];
  return name === "three_rates" ? said : `${said} (${above} / ${below})`;
}

/** @param {Leaf} leaf */
const text = ({ name, value }) => (value === null ? "–" : typeof value === "object" ? rate(name, value) : SECONDS.test(name) ? duration(value) : String(value));

/** @param {Leaf} leaf */
function line(leaf) {
  const row = document.createElement("tr");
  const link = document.createElement("a");
  link.href = `/list?${new URLSearchParams({ metric: leaf.name, scope: at("scope").value, window: at("span").value, lang: language })}`;
  link.textContent = text(leaf);
  const formula = found.formulas?.[leaf.name];
  row.append(...[metricName(leaf.name), link, metricFormula(leaf.name), formula ? `${leaf.name} = ${formula}` : leaf.name].map((content, i) => {
    const cell = document.createElement("td");
    cell.append(content);
    cell.className = ["", "num", "minor", "path"][i];
    return cell;
  }));
  return row;
}

function draw() {
  translate();
  const [all] = at("scope").options;
  if (all) all.textContent = t("allDepartments");
  if (!found) return;
  if (found.detail) { at("count").textContent = found.detail; return; }
  const word = at("find").value.trim().toLowerCase();
  const shown = leaves("", found.metrics).filter((l) => l.value !== null || word).filter((l) => `${l.name} ${metricName(l.name)}`.toLowerCase().includes(word));
  shown.sort((a, b) => metricPlace(a.name) - metricPlace(b.name) || byNumber.compare(a.name, b.name));
  setZone(found.zone);
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
