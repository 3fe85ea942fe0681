// @ts-check
// The shelf of policies and calendars, one of them as a text to change, whether that could be saved, and what it would do to open tickets.
import { language, loadWords, t } from "./text.js";

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const text = /** @type {HTMLTextAreaElement} */ (at("text"));
const kind = /** @type {HTMLSelectElement} */ (at("kind"));
const dryRun = /** @type {HTMLButtonElement} */ (at("try"));

/** @param {string} tag @param {string} content @param {string} [name] */
function element(tag, content, name = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  made.className = name;
  return made;
}

/** @param {{from: string | null, to: string | null}} entry */
const effect = (entry) => (entry.from || entry.to ? `${entry.from ?? "…"} – ${entry.to ?? "…"}` : "");

/** @param {any} entry */
const title = (entry) => entry.title[language] ?? entry.title.en ?? entry.id;

/** @param {any} entry @param {string} folder @param {string} second */
function row(entry, folder, second) {
  const line = document.createElement("tr");
  const open = /** @type {HTMLButtonElement} */ (element("button", title(entry), "link"));
  open.type = "button";
  open.addEventListener("click", () => show(entry, folder));
  const name = document.createElement("td");
  name.append(open, element("div", entry.id, "minor"));
  if (entry.warning) name.append(element("div", `▲ ${entry.warning}`, "warn"));
  line.append(name, element("td", second), element("td", effect(entry)), element("td", entry.shipped ? t("policy.shipped") : entry.file));
  return line;
}

async function list() {
  const shelf = await (await fetch("/api/v1/policies")).json();
  at("policies").replaceChildren(...shelf.policies.map((/** @type {any} */ p) => row(p, "policies", String(p.version))));
  at("calendars").replaceChildren(...shelf.calendars.map((/** @type {any} */ c) => row(c, "calendars", c.time_zone)));
}

/** @param {any} entry @param {string} folder */
async function show(entry, folder) {
  text.value = await (await fetch(`/api/v1/policies/${folder}/${encodeURIComponent(entry.file)}`)).text();
  kind.value = folder === "policies" ? "policy" : "calendar";
  at("name").textContent = title(entry);
  at("about").textContent = entry.source ?? "";
  await check();
}

/** @param {string} path */
const post = (path) => fetch(`/api/v1/policies/${path}?kind=${kind.value}`, { method: "POST", headers: { "content-type": "application/yaml" }, body: text.value });

let turn = 0;
async function check() {
  const mine = ++turn;
  dryRun.disabled = true;
  const answer = text.value.trim() === "" ? null : await post("validate");
  if (mine !== turn) return; // typed on meanwhile
  const fault = answer && !answer.ok ? await answer.json() : null;
  const verdict = at("verdict");
  verdict.className = fault ? "bad" : "good";
  verdict.textContent = answer === null ? "" : fault ? `✗ ${t("policy.line", { line: fault.line ?? 0 })} ${fault.detail}` : `✓ ${t("policy.valid")}`;
  dryRun.disabled = answer === null || fault !== null;
}

/** @param {any} side */
const spell = (side) => (side ? `${side.state} ${side.due_at ?? ""} (${side.policy} ${side.version})` : "–");

async function run() {
  dryRun.disabled = true;
  const answer = await post("dry-run");
  dryRun.disabled = false;
  if (!answer.ok) { await check(); return; }
  const found = await answer.json();
  at("counts").textContent = t("policy.counts", { open: found.open_tickets, changed: found.tickets_changed, raised: found.alerts_raised, withdrawn: found.alerts_withdrawn });
  const table = at("changes");
  table.hidden = found.clocks.length === 0;
  /** @type {HTMLElement} */ (table.querySelector("tbody")).replaceChildren(...found.clocks.map((/** @type {any} */ c) => {
    const line = document.createElement("tr");
    const ticket = document.createElement("td");
    const link = /** @type {HTMLAnchorElement} */ (element("a", c.ticket));
    link.href = `/explain/${encodeURIComponent(c.ticket)}`;
    ticket.append(link);
    line.append(ticket, element("td", c.clock), element("td", spell(c.before)), element("td", spell(c.after)));
    return line;
  }));
}

function words() {
  for (const place of document.querySelectorAll("[data-t]")) place.textContent = t(/** @type {HTMLElement} */ (place).dataset.t ?? "");
}

const chooser = /** @type {HTMLSelectElement} */ (at("language"));
let waiting = 0;
text.addEventListener("input", () => { clearTimeout(waiting); waiting = window.setTimeout(check, 300); });
kind.addEventListener("change", check);
dryRun.addEventListener("click", run);
chooser.addEventListener("change", async () => { await loadWords(/** @type {any} */ (chooser.value)); words(); await list(); });
await loadWords();
chooser.value = language;
words();
await list();
