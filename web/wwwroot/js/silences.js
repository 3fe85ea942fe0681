// @ts-check
// What is silenced, by whom, until when; to silence and to end it; and what alarms asked of people, week by week. The key stays in its field.
import { department, loadNames } from "./names.js";
import { dateTime, loadWords, moment, percent, setZone, t } from "./text.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** @type {any} */
let silences = null;
/** @type {any} */
let load = null;

/** @param {string} tag @param {string} [content] @param {string} [name] */
function element(tag, content = "", name = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  made.className = name;
  return made;
}

/** @param {string} content @param {boolean} good */
function say(content, good) {
  at("said").className = good ? "good" : "bad";
  at("said").textContent = content;
}

const when = (/** @type {number} */ ms) => moment(ms, (silences ?? load).now);

/** @param {string} path @param {unknown} body */
async function post(path, body) {
  try {
    const answer = await fetch(`/api/v1/silences${path}`, { method: "POST", headers: { "content-type": "application/json", "x-api-key": at("key").value.trim() }, body: JSON.stringify(body) });
    const found = await answer.json();
    say(answer.ok ? t("alert.done") : found.detail ?? String(answer.status), answer.ok);
    if (answer.ok) await read();
  } catch {
    say(t("alert.lost"), false);
  }
}

/** @param {any} s */
function row(s) {
  const what = [...s.departments.map(department), ...s.rules.map((/** @type {string} */ r) => t(`rule.${r}`).replace("rule.", "")), ...s.lights.map((/** @type {string} */ l) => t(`silence.${l}`)), ...s.subjects].join(" · ");
  const line = document.createElement("tr");
  const until = document.createElement("td");
  until.append(element("div", s.state === "open" ? t("silence.until", { time: when(s.until) }) : t("silence.over", { time: when(s.until) })));
  if (s.ended_by) until.append(element("div", t("silence.endedBy", { by: s.ended_by }), "minor"));
  const by = document.createElement("td");
  by.append(element("div", s.by), element("div", `“${s.reason}”`, "minor"));
  const acts = document.createElement("td");
  if (s.state === "open") {
    const end = /** @type {HTMLButtonElement} */ (element("button", t("silence.end")));
    end.type = "button";
    end.addEventListener("click", () => post(`/${encodeURIComponent(s.id)}/end`, at("by").value.trim() ? { by: at("by").value.trim() } : {}));
    acts.append(end);
  }
  line.append(element("td", s.id, s.state === "open" ? "warn" : "minor"), element("td", what), by, until, element("td", s.state === "open" ? t("silence.alerts", { n: s.alerts }) : ""), acts);
  return line;
}

function drawLoad() {
  if (!load) return;
  at("weeks").replaceChildren(...load.weeks.map((/** @type {any} */ w) => {
    const line = document.createElement("tr");
    const heads = ["load.week", "load.alarms", "load.rate", "load.peak", "load.floods", "load.split", "load.standing", "load.late"];
    const rate = w.per_ten_minutes_milli / 1000;
    line.append(
      element("td", dateTime(w.from).slice(0, 10)), element("td", String(w.alarms)), element("td", rate.toFixed(2), rate > 2 ? "bad" : rate > 1 ? "warn" : "good"),
      element("td", w.peak ? `${w.peak} (${when(w.peak_at)})` : "0"), element("td", String(w.floods), w.floods ? "bad" : ""), element("td", w.alarms ? `${percent(w.red_permille / 1000)}% P1` : "–"),
      element("td", String(w.standing), w.standing ? "warn" : ""), element("td", w.detection.n ? `${w.detection.p50} / ${w.detection.p99} / ${w.detection.max} ms` : "–", w.detection.p99 > 1000 ? "bad" : ""));
    heads.forEach((head, i) => { /** @type {HTMLElement} */ (line.children[i]).dataset.label = t(head); });
    return line;
  }));
  const causes = load.weeks[0]?.causes ?? [];
  at("causes").replaceChildren(...causes.map((/** @type {any} */ c) => element("li", `${t(`rule.${c.rule}`).replace("rule.", "")} · ${department(c.department) || "–"}: ${c.count}`)));
}

function draw() {
  if (silences) at("silence-list").replaceChildren(...(silences.silences.length ? silences.silences.map(row) : [element("td", t("silence.none"), "minor")]));
  drawLoad();
}

async function read() {
  try {
    const answer = await fetch("/api/v1/silences");
    if (answer.ok) silences = await answer.json();
    draw();
  } catch { /* asked again */ }
}

async function readLoad() {
  try {
    const answer = await fetch("/api/v1/alerts/load");
    if (answer.ok) {
      load = await answer.json();
      setZone(load.zone);
    }
    draw();
  } catch { /* asked again */ }
}

const list = (/** @type {string} */ id) => at(id).value.split(",").map((/** @type {string} */ s) => s.trim()).filter(Boolean);

at("silence-form").addEventListener("submit", async (/** @type {Event} */ e) => {
  e.preventDefault();
  /** @type {Record<string, unknown>} */
  const body = { minutes: Number(at("minutes").value), reason: at("reason").value.trim(), departments: list("departments"), rules: list("rules"), subjects: list("subjects"), lights: at("light").value ? [at("light").value] : [] };
  if (at("by").value.trim()) body.by = at("by").value.trim();
  await post("", body);
});
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await Promise.all([loadWords(), loadNames()]);
await read();
await readLoad();
setInterval(read, 5000);
setInterval(readLoad, 60000);
