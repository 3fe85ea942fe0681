// @ts-check
// The rules that raise alerts, what a draft of one would have raised over the recorded past, saving it, and what was saved before. The key stays in its field:
// it is kept nowhere.
import { conditionOf, subjectName } from "./about.js";
import { department as departmentName, loadNames } from "./names.js";
import { language, loadWords, setZone, t, translate, word, zoned } from "./text.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** @type {any} */
let known = null;
/** @type {any} */
let result = null;
/** What was saved, newest first. @type {any[]} */
let saved = [];

/** @param {string} tag @param {(string | Node)[]} parts @param {string} [name] */
function element(tag, parts, name = "") {
  const made = document.createElement(tag);
  made.append(...parts);
  made.className = name;
  return made;
}

/** @param {string} key @param {any} value a number, or words: an adjudicator is a role, others have a list of their own */
const setting = (key, value) => `${word("setting", key)}: ${Array.isArray(value) ? value.map((v) => word(key === "adjudicator" ? "role" : key, v)).join(", ") : value}`;
const settings = (/** @type {any} */ r) => Object.entries(r.settings).map(([k, v]) => setting(k, v)).join(" · ");
/** As a draft says it. @param {any} r */
const yaml = (r) => `${r.rule}: ${r.on ? `{${Object.entries(r.settings).map(([k, v]) => `${k}: ${!Array.isArray(v) ? v : k === "adjudicator" ? v[0] : `[${v.join(", ")}]`}`).join(", ")}}` : "off"}`;

function draw() {
  translate();
  if (!known) return;
  const rows = known.rules.map((/** @type {any} */ r) => ({ r, department: "" }));
  for (const [department, own] of Object.entries(known.departments)) for (const r of own) rows.push({ r, department });
  at("list").replaceChildren(...rows.map((/** @type {any} */ { r, department }) => element("tr", [
    element("td", [element("b", [t(`rule.${r.rule}`)]), element("div", [[departmentName(department), settings(r)].filter(Boolean).join(" · ")], "minor"), element("div", [yaml(r)], "path")]),
    element("td", [r.on ? (r.level === "red" ? "P1" : "P2") : t("rules.off")], r.on && r.level === "red" ? "bad" : r.on ? "warn" : "minor")])));
  at("history").hidden = saved.length === 0;
  at("saved").replaceChildren(...saved.flatMap((/** @type {any} */ s) => [
    element("div", [t("policy.savedBy", { version: s.version, at: zoned(s.saved_at), by: s.saved_by })]), element("pre", [s.text.trimEnd()], "diff")]));
  const chosen = at("rule").value;
  at("rule").replaceChildren(...known.rules.map((/** @type {any} */ r) => { const o = document.createElement("option"); o.value = r.rule; o.textContent = t(`rule.${r.rule}`); return o; }));
  if (chosen) at("rule").value = chosen;
  if (!result) return;
  at("said").className = "good";
  at("said").textContent = t("rules.result", { fired: result.fired, days: at("days").value, tickets: result.tickets, acted: result.acted_upon });
  at("firings").replaceChildren(...result.firings.slice(0, 200).map((/** @type {any} */ f) => element("li", [
    element("b", [[zoned(f.raised_at), departmentName(f.department), f.subject.startsWith("rule/") ? subjectName(f.subject) : "", conditionOf(f)].filter(Boolean).join(" · ")]),
    element("span", [[f.num !== undefined ? `${f.n ? `${f.num}/${f.n}` : f.num} (${f.limit})` : "", f.tickets.slice(0, 40).map((/** @type {string} */ i) => `#${i}`).join(" "), f.acted_at ? t("rules.acted") : t("rules.notActed")].filter(Boolean).join(" · ")], "minor")], f.acted_at ? "" : "yellow")));
}

async function run() {
  at("run").disabled = true;
  at("said").className = "minor";
  at("said").textContent = t("rules.running");
  try {
    const answer = await fetch(`/api/v1/rules/back-test?rule=${encodeURIComponent(at("rule").value)}&days=${encodeURIComponent(at("days").value)}`, { method: "POST", headers: { "content-type": "application/yaml" }, body: at("draft").value });
    const said = await answer.json();
    result = answer.ok ? said : null;
    if (answer.ok) draw();
    else {
      at("said").className = "bad";
      at("said").textContent = (said.line ? t("policy.line", { line: said.line }) : "") + said.detail;
      at("firings").replaceChildren();
    }
  } catch {
    at("said").className = "bad";
    at("said").textContent = t("alert.lost");
  }
  at("run").disabled = false;
}

const mayBeSaved = () => { at("save").disabled = !known || at("key").value.trim() === "" || at("draft").value.trim() === ""; };

// What stands is read again after a saving, and after one that was refused because of somebody else's: what is on the page is what was seen.
async function load() {
  const [rules, history] = await Promise.all([fetch("/api/v1/rules"), fetch("/api/v1/rules/history")]);
  [known, saved] = [await rules.json(), (await history.json()).saved];
  setZone(known.zone);
  draw();
  mayBeSaved();
}

async function put() {
  at("save").disabled = true;
  const outcome = at("outcome");
  try {
    const answer = await fetch("/api/v1/rules", {
      method: "PUT", headers: { "content-type": "application/yaml", "if-match": `"${known.revision}"`, authorization: `Bearer ${at("key").value.trim()}` }, body: at("draft").value });
    const told = await answer.json();
    outcome.className = answer.ok ? "good" : "bad";
    outcome.textContent = answer.ok
      ? `✓ ${t("rules.saved", { rules: told.changed.map((/** @type {any} */ r) => [t(`rule.${r.rule}`), departmentName(r.department)].filter(Boolean).join(" ")).join(", ") || "–" })}`
      : `✗ ${told.line ? `${t("policy.line", { line: told.line })} ` : ""}${told.detail}`;
    if (answer.ok || answer.status === 412) await load();
  } catch {
    outcome.className = "bad";
    outcome.textContent = t("alert.lost");
  }
  mayBeSaved();
}

at("run").addEventListener("click", run);
at("save").addEventListener("click", put);
for (const field of ["key", "draft"]) at(field).addEventListener("input", mayBeSaved);
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await Promise.all([loadWords(), loadNames()]);
at("language").value = language;
at("draft").value = "rules:\n  bulk_complaint: {count: 8, within_min: 60}\n";
draw();
try { await load(); } catch { /* the page says nothing it does not know */ }
