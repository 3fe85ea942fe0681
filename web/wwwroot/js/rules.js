// @ts-check
// The rules that raise alerts, and what a draft of one would have raised over the recorded past.
import { language, loadWords, t } from "./text.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** @type {any} */
let known = null;
/** @type {any} */
let result = null;

/** @param {string} tag @param {(string | Node)[]} parts @param {string} [name] */
function element(tag, parts, name = "") {
  const made = document.createElement(tag);
  made.append(...parts);
  made.className = name;
  return made;
}

const settings = (/** @type {any} */ r) => Object.entries(r.settings).map(([k, v]) => `${k}: ${Array.isArray(v) ? v.join(" ") : v}`).join(", ");

function draw() {
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = t(/** @type {HTMLElement} */ (e).dataset.t ?? "");
  if (!known) return;
  const rows = known.rules.map((/** @type {any} */ r) => ({ r, department: "" }));
  for (const [department, own] of Object.entries(known.departments)) for (const r of own) rows.push({ r, department });
  at("list").replaceChildren(...rows.map((/** @type {any} */ { r, department }) => element("tr", [
    element("td", [element("b", [t(`rule.${r.rule}`)]), element("div", [[r.rule, department, settings(r)].filter(Boolean).join(" · ")], "minor")]),
    element("td", [r.on ? (r.level === "red" ? "P1" : "P2") : t("rules.off")], r.on && r.level === "red" ? "bad" : r.on ? "warn" : "minor")])));
  const chosen = at("rule").value;
  at("rule").replaceChildren(...known.rules.map((/** @type {any} */ r) => { const o = document.createElement("option"); o.value = r.rule; o.textContent = t(`rule.${r.rule}`); return o; }));
  if (chosen) at("rule").value = chosen;
  if (!result) return;
  at("said").className = "good";
  at("said").textContent = t("rules.result", { fired: result.fired, days: at("days").value, tickets: result.tickets, acted: result.acted_upon });
  at("firings").replaceChildren(...result.firings.slice(0, 200).map((/** @type {any} */ f) => element("li", [
    element("b", [`${f.raised_at.slice(0, 19).replace("T", " ")} UTC · ${f.department ?? ""} · ${f.clock}`]),
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

at("run").addEventListener("click", run);
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await loadWords();
at("language").value = language;
at("draft").value = "rules:\n  bulk_complaint: {count: 8, within_min: 60}\n";
draw();
try { known = await (await fetch("/api/v1/rules")).json(); } catch { /* the page says nothing it does not know */ }
draw();
