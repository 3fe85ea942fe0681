// @ts-check
// All alerts of the house, filtered; each leads to its own page.
import { subjectName } from "./about.js";
import { department, loadNames } from "./names.js";
import { language, loadWords, moment, setZone, t, translate, zoneName } from "./text.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** @type {any[]} */
let alerts = [];
let now = 0; // the server's, Unix milliseconds

const stateOf = (/** @type {any} */ a) => (a.state !== "raised" ? "over" : a.hold === "open" && a.mute ? "quiet" : a.hold);

/** Of many with one cause, one line: how many, and the newest. @param {any[]} wanted */
function grouped(wanted) {
  const groups = new Map();
  for (const a of wanted) {
    const key = [a.rule, a.department, stateOf(a)].join("|");
    if (groups.has(key)) groups.get(key).n++; else groups.set(key, { ...a, n: 1 });
  }
  return [...groups.values()].sort((a, b) => a.priority.localeCompare(b.priority) || b.n - a.n);
}

/** Why nobody is told, and until when. @param {any} a */
const quiet = (a) => `${t(`why.${a.mute}`)} (${a.muted_by})${a.muted_until ? ` → ${moment(a.muted_until, now)}` : ""}`;

function draw() {
  translate();
  const wanted = alerts.filter((a) => (!at("show").value || stateOf(a) === at("show").value) && (!at("level").value || a.priority === at("level").value));
  at("count").textContent = now ? `${t("alarms.count", { n: wanted.length })} · ${moment(now, now)} ${zoneName(now)}` : "";
  at("list").replaceChildren(...(at("group").value ? grouped(wanted) : wanted).slice(0, 500).map((a) => {
    const row = document.createElement("tr");
    const link = document.createElement("a");
    link.href = `/a/${encodeURIComponent(a.code)}`;
    link.textContent = a.code;
    const first = document.createElement("td");
    first.append(`${a.priority} `, link);
    const next = a.state !== "raised" ? t(`alert.${a.state}`) : a.hold !== "open" ? `${a.by} → ${moment(a.until, now)}` : a.mute ? quiet(a) : a.next_to ? `${t(`role.${a.next_to}`).replace("role.", "")} ${moment(a.next_at, now)}` : "";
    row.append(first, ...[t(`rule.${a.rule}`), department(a.department), a.n > 1 ? `× ${a.n}` : a.covers ? `${subjectName(a.subject)} (${t("alarms.covers", { n: a.covers })})` : subjectName(a.subject), moment(a.raised_at, now), next].map((text) => {
      const cell = document.createElement("td");
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
}

async function load() {
  try {
    const answer = await fetch("/api/v1/alerts");
    if (answer.ok) {
      const found = await answer.json();
      [alerts, now] = [found.alerts, found.now];
      setZone(found.zone);
    }
    draw();
  } catch { /* asked again */ }
}

at("show").addEventListener("change", draw);
at("group").addEventListener("change", draw);
at("level").addEventListener("change", draw);
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await Promise.all([loadWords(), loadNames()]);
at("language").value = language;
await load();
setInterval(load, 5000);
