// @ts-check
// A ticket's clocks, stretch by stretch, so that a person can check a due time by hand.
import { language, loadWords, promise, t, translate, word } from "./text.js";

/** @param {string} tag @param {string} [content] @param {string} [name] */
function element(tag, content = "", name = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  made.className = name;
  return made;
}

/** @param {number} ms */
function length(ms) {
  const s = Math.floor(ms / 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const days = Math.floor(s / 86400);
  return `${days > 0 ? `${days} d ` : ""}${two(Math.floor(s / 3600) % 24)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** The offset stands in the text: the times are the calendar's own. @param {string | null} time */
const clockTime = (time) => (time ?? "–").replace("T", " ");

/** @param {string[]} cells */
function line(cells) {
  const row = document.createElement("tr");
  row.append(...cells.map((c) => element("td", c)));
  return row;
}

/** "4 business_hour" or "due_at" in the reader's words. @param {string} limit */
function limitText(limit) {
  const parts = /^(\d+) (\w+)$/.exec(limit);
  return parts ? t(`unit.${parts[2]}`, { n: parts[1] }) : limit === "due_at" ? t("unit.due_at") : limit;
}

/** @param {any} p */
function reason(p) {
  const text = `${p.policy} ${p.version}: ${t(`explain.why.${p.reason}`, { asked: p.asked })}`;
  return p.chosen ? `✓ ${text}` : p.reason === "asks" || p.reason === "not_in_effect" ? text : text + t("explain.why.less");
}

/** @param {any} c */
function clock(c) {
  const part = document.createElement("section");
  part.append(element("h2", `${promise(c.id)}${c.round > 1 ? ` · ${c.round}` : ""}: ${t(`explain.${c.state}`)}, ${t("explain.due")} ${clockTime(c.due_at)}`));
  part.append(element("p", `${limitText(c.limit)} · ${c.calendar} (${c.time_zone}) · ${c.policy} ${c.version}`, "minor"));
  const bar = element("div", "", "stretch");
  const table = document.createElement("table");
  table.className = "stretches";
  for (const s of c.stretches) {
    const piece = element("i", "", s.kind);
    piece.style.flexGrow = String(Math.max(1, s.ms / 1000));
    bar.append(piece);
    table.append(line([clockTime(s.from), clockTime(s.to), length(s.ms), t(`explain.${s.kind}`) + (s.why ? ` (${s.why})` : "")]));
  }
  const why = document.createElement("ul");
  why.append(...c.policies.map((/** @type {any} */ p) => element("li", reason(p), p.chosen ? "" : "minor")));
  part.append(bar, table, why);
  return part;
}

/** Sent to and fro too often: nobody sends it on before somebody has decided. @param {any} f */
function frozen(f) {
  const part = element("p", "", "bad");
  const link = document.createElement("a");
  link.href = `/a/${encodeURIComponent(f.alert)}?lang=${language}`;
  link.textContent = f.alert;
  part.id = "frozen";
  part.append(t("frozen.text", { n: f.moves, who: word("role", f.adjudicator), time: clockTime(f.since) }), " ", link);
  return part;
}

async function draw() {
  const id = decodeURIComponent(location.pathname.split("/").pop() ?? "");
  const main = /** @type {HTMLElement} */ (document.getElementById("main"));
  /** @type {HTMLElement} */ (document.getElementById("title")).textContent = t("explain.title", { ticket: id });
  translate();
  const answer = await fetch(`/api/v1/tickets/${encodeURIComponent(id)}/explain`);
  const found = await answer.json();
  if (!answer.ok) { main.replaceChildren(element("p", found.detail, "bad")); return; }
  const ledger = document.createElement("section");
  const table = document.createElement("table");
  table.className = "ledger";
  for (const p of found.time_ledger.parts) table.append(line([t(`explain.${p.holder}`), p.department_id ?? "", length(p.ms)]));
  table.append(line([t("explain.total"), "", length(found.time_ledger.total_ms)]));
  ledger.append(element("h2", t("explain.ledger")), table);
  main.replaceChildren(...(found.frozen ? [frozen(found.frozen)] : []), ...found.clocks.map(clock), ledger);
}

const chooser = /** @type {HTMLSelectElement} */ (document.getElementById("language"));
chooser.addEventListener("change", async () => { await loadWords(/** @type {any} */ (chooser.value)); await draw(); });
await loadWords();
chooser.value = language;
await draw();
