// @ts-check
// The shelf of policies and calendars, one of them as a text to change, whether that could be saved, what it would do to open tickets, saving it, and
// what was saved before. The key stays in its field: it is kept nowhere.
import { language, loadWords, setZone, t, translate, zoned } from "./text.js";

/** @param {string} id */
const at = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const text = /** @type {HTMLTextAreaElement} */ (at("text"));
const kind = /** @type {HTMLSelectElement} */ (at("kind"));
const dryRun = /** @type {HTMLButtonElement} */ (at("try"));
const save = /** @type {HTMLButtonElement} */ (at("save"));
const key = /** @type {HTMLInputElement} */ (at("key"));
/** The draft as the server understood it: its id, the version that it would get, the revision that it would follow. @type {{id: string, version: number, revision: number} | null} */
let draft = null;
/** What was opened to be changed, and its revision then. @type {{id: string, folder: string, revision: number} | null} */
let opened = null;

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
  if (entry.warning) name.append(element("div", `▲ ${t("holidays", { calendars: entry.id, until: entry.announced_until })}`, "warn"));
  line.append(name, element("td", second), element("td", effect(entry)), element("td", entry.saved_at ? `${entry.saved_by} ${zoned(entry.saved_at)}` : entry.shipped ? t("policy.shipped") : entry.file));
  return line;
}

/** The highest version of each policy. @type {Map<string, any>} */
const newest = new Map();

async function list() {
  const shelf = await (await fetch("/api/v1/policies")).json();
  setZone(shelf.zone);
  for (const p of shelf.policies) newest.set(p.id, Math.max(newest.get(p.id) ?? 0, p.version));
  at("policies").replaceChildren(...shelf.policies.map((/** @type {any} */ p) => row(p, "policies", String(p.version))));
  at("calendars").replaceChildren(...shelf.calendars.map((/** @type {any} */ c) => row(c, "calendars", c.time_zone)));
}

/** @param {any} entry @param {string} folder */
async function show(entry, folder) {
  const stands = await (await fetch(`/api/v1/policies/${folder}/${encodeURIComponent(entry.file)}`)).text();
  // A version that stands is not written over: a change of it is the next one.
  const next = `version: ${newest.get(entry.id) + 1}`;
  text.value = folder !== "policies" ? stands : /^version:/m.test(stands) ? stands.replace(/^version:.*$/m, next) : stands.replace(/^id:.*$/m, (line) => `${line}\n${next}`);
  unread();
  opened = { id: entry.id, folder, revision: entry.revision };
  kind.value = folder === "policies" ? "policy" : "calendar";
  at("name").textContent = title(entry);
  at("about").textContent = entry.source ?? "";
  at("outcome").textContent = "";
  await history(folder, entry.id);
  await check();
  at("name").scrollIntoView({ block: "nearest" }); // on a phone the text stands below the shelf
}

/** @param {string} path */
const post = (path) => fetch(`/api/v1/policies/${path}?kind=${kind.value}`, { method: "POST", headers: { "content-type": "application/yaml" }, body: text.value });

let turn = 0;
/** What was said of the text before is no word about this one: until the server has read it, nothing is said and nothing can be saved. */
function unread() {
  draft = null;
  allow();
  at("verdict").className = "";
  at("verdict").textContent = text.value.trim() === "" ? "" : "…";
  return ++turn;
}

async function check() {
  const mine = unread();
  if (text.value.trim() === "") return;
  let answer, told;
  try {
    answer = await post("validate");
    told = await answer.json();
  } catch { /* the server is not there: said below */ }
  if (mine !== turn) return; // typed on meanwhile
  draft = answer?.ok ? told : null;
  const verdict = at("verdict");
  verdict.className = draft ? "good" : "bad";
  verdict.textContent = draft ? `✓ ${t("policy.valid")}` : told ? `✗ ${t("policy.line", { line: told.line ?? 0 })} ${told.detail}` : t("alert.lost");
  allow();
}

function allow() {
  dryRun.disabled = draft === null;
  save.disabled = draft === null || key.value.trim() === "";
}

async function put() {
  if (!draft) return;
  save.disabled = true;
  const folder = kind.value === "calendar" ? "calendars" : "policies";
  // What was opened is what was seen: somebody else's saving since then must not be undone unseen.
  const follows = opened?.id === draft.id && opened.folder === folder ? opened.revision : draft.revision;
  const outcome = at("outcome");
  let answer, told;
  try {
    answer = await fetch(`/api/v1/${folder}/${encodeURIComponent(draft.id)}`, {
      method: "PUT", headers: { "content-type": "application/yaml", "if-match": `"${follows}"`, authorization: `Bearer ${key.value.trim()}` }, body: text.value });
    told = await answer.json();
  } catch { /* the server is not there: said below */ }
  allow();
  outcome.className = answer?.ok ? "good" : "bad";
  if (!answer?.ok || !told) {
    outcome.textContent = told ? `✗ ${told.line ? `${t("policy.line", { line: told.line })} ` : ""}${told.detail}` : t("alert.lost");
    return;
  }
  outcome.textContent = `✓ ${t("policy.saved", { id: told.id, version: told.version, changed: told.dry_run.tickets_changed, raised: told.dry_run.alerts_raised, withdrawn: told.dry_run.alerts_withdrawn })}`;
  opened = { id: told.id, folder, revision: told.revision };
  await list();
  await history(folder, told.id);
}

/** Who saved it when, what changed in its files by hand, and which lines. @param {string} folder @param {string} id */
async function history(folder, id) {
  const told = await (await fetch(`/api/v1/policies/${folder}/${encodeURIComponent(id)}/history`)).json();
  const saved = told.saved.map((/** @type {any} */ s) => ({ at: s.saved_at, changed: s.changed, text: t("policy.savedBy", { version: s.version, at: zoned(s.saved_at), by: s.saved_by }) }));
  const files = told.files.map((/** @type {any} */ f) => ({ at: f.seen_at, changed: f.changed, text: t(f.gone ? "policy.fileGone" : "policy.fileSeen", { file: f.file, at: zoned(f.seen_at) }) }));
  const all = [...saved, ...files].sort((a, b) => b.at.localeCompare(a.at));
  at("history").hidden = all.length === 0;
  at("saved").replaceChildren(...all.flatMap((one) => {
    const diff = document.createElement("pre");
    diff.className = "diff";
    diff.append(...one.changed.map((/** @type {any} */ c) => element("div", `${c.op} ${c.line}  ${c.text}`, c.op === "+" ? "good" : "bad")));
    return [element("div", one.text), diff];
  }));
}

/** @param {any} side @param {string} label for a phone, where the heads of the columns are not shown */
function cell(side, label) {
  const made = element("td", side ? `${t(`explain.${side.state}`)} ${side.due_at ? zoned(side.due_at) : ""} ` : "–");
  if (side) made.append(element("span", `${side.policy} ${side.version}`, "minor"));
  made.dataset.label = label;
  return made;
}

async function run() {
  dryRun.disabled = true;
  let answer, found;
  try {
    answer = await post("dry-run");
    found = await answer.json();
  } catch { /* the server is not there: the check says so */ }
  if (!answer?.ok || !found) { await check(); return; }
  allow();
  at("counts").textContent = t("policy.counts", { open: found.open_tickets, changed: found.tickets_changed, raised: found.alerts_raised, withdrawn: found.alerts_withdrawn });
  const table = at("changes");
  table.hidden = found.clocks.length === 0;
  /** @type {HTMLElement} */ (table.querySelector("tbody")).replaceChildren(...found.clocks.map((/** @type {any} */ c) => {
    const line = document.createElement("tr");
    const ticket = document.createElement("td");
    const link = /** @type {HTMLAnchorElement} */ (element("a", c.ticket));
    link.href = `/explain/${encodeURIComponent(c.ticket)}`;
    ticket.append(link);
    line.append(ticket, element("td", c.clock), cell(c.before, t("policy.before")), cell(c.after, t("policy.after")));
    return line;
  }));
}

function words() {
  translate();
}

const chooser = /** @type {HTMLSelectElement} */ (at("language"));
let waiting = 0;
text.addEventListener("input", () => { clearTimeout(waiting); waiting = window.setTimeout(check, 300); unread(); });
kind.addEventListener("change", check);
dryRun.addEventListener("click", run);
save.addEventListener("click", put);
key.addEventListener("input", allow);
chooser.addEventListener("change", async () => { await loadWords(/** @type {any} */ (chooser.value)); words(); await list(); });
await loadWords();
chooser.value = language;
words();
await list();
