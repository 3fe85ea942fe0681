// @ts-check
// What the head of a department has to act upon: alerts, what is due, what will be late, who answers for it.
import { metricName } from "./metrics.js";
import { caseLink, conditionOf, findingOf } from "./about.js";
import { department, loadNames, queue } from "./names.js";
import { clock, language, loadWords, moment, promise, setZone, span, t, titleOf, translate, zoneName } from "./text.js";

const id = decodeURIComponent(location.pathname.split("/").pop() ?? "");
const at = (/** @type {string} */ name) => /** @type {any} */ (document.getElementById(name));
const steps = { accountability: ["opened", "found", "closed"], improvements: ["opened", "closed", "verified"] };
/** @type {any} */
let shown = null;
let heardAt = 0; // of the monotonic clock: the phone's own time may be wrong
const now = () => shown.now + (performance.now() - heardAt);

/** @param {string} tag @param {(string | Node)[]} parts @param {string} [name] */
function element(tag, parts, name = "") {
  const made = document.createElement(tag);
  made.append(...parts);
  made.className = name;
  return made;
}

/** @param {string} href @param {string} text */
function link(href, text) {
  const made = document.createElement("a");
  made.href = href;
  made.textContent = text;
  return made;
}

const when = (/** @type {number} */ ms) => `${moment(ms, now())} · ${ms > now() ? t("dept.left", { span: span((ms - now()) / 1000) }) : t("dept.ago", { span: span((now() - ms) / 1000) })}`;
const rule = (/** @type {string} */ name) => { const said = t(`rule.${name}`); return said === `rule.${name}` ? name : said; };
const fill = (/** @type {string} */ name, /** @type {Node[]} */ items) => at(name).replaceChildren(...(items.length ? items : [element("li", [t("dept.none")], "minor")]));
/** @param {any} a */
function alertCard(a) {
  return element("li", [link(`/a/${encodeURIComponent(a.code)}`, `${a.priority} ${a.code}`), " ", element("b", [rule(a.rule)]), " ", caseLink(a.subject), " ",
    element("span", [[conditionOf(a), when(a.raised_at), findingOf(a), a.hold === "open" ? t("unacked") : `${a.by ?? ""} → ${moment(a.until, now())}`].filter(Boolean).join(" · ")], "minor")], a.level);
}

/** @param {any} a */
function group(a) {
  const list = element("p", a.members.flatMap((/** @type {string} */ m) => [caseLink(m), " "]), "minor");
  return element("details", [element("summary", [`${a.code} · ${a.clock} · ${t("dept.members", { n: a.members.length })} · ${when(a.raised_at)}`]), list]);
}

/** @param {any} c @param {string} kind */
function caseCard(c, kind) {
  const steps = [["opened", c.opened_at], ["found", c.found_at], ["closed", c.closed_at], ["verified", c.verified_at]].filter(([, ms]) => ms).map(([name, ms]) => `${t(`dept.${name}`)} ${day(/** @type {number} */ (ms))}`);
  const more = [c.owner, c.cluster_id, c.root_cause, c.measure, c.ticket_ids.map((/** @type {string} */ i) => `#${i}`).join(" "), c.due_at ? `${t("dept.due")} ${day(c.due_at)}` : ""];
  if (kind === "improvements" && c.recurred !== null) more.push(t("dept.recurred", { n: c.recurred }));
  return element("li", [element("b", [`${c.id} · ${t(`dept.${c.state}`)}${c.overdue ? ` · ${t("dept.overdue")}` : ""}`]), element("span", [steps.join(" · ")], "minor"), element("span", [more.filter(Boolean).join(" · ")], "minor")],
    c.overdue ? "red" : c.recurred > 0 ? "yellow" : "");
}

function day(/** @type {number} */ ms) {
  try { return new Intl.DateTimeFormat("sv-SE", { timeZone: shown.zone }).format(ms); } catch { return new Date(ms).toISOString().slice(0, 10); }
}

function outlook() {
  const f = shown.forecast;
  at("outlook").textContent = t("dept.outlook", { open: f.open, late: f.breached_open, done: f.done_24h, will: f.will_breach });
  fill("late", f.tickets.map((/** @type {any} */ x) => element("li", [caseLink(`ticket/${x.ticket}`), " ", element("b", [when(x.due_at)]),
    element("span", [[x.owner, x.finish_at ? t("dept.finish", { day: day(x.finish_at), time: clock(x.finish_at) }) : t("dept.never")].filter(Boolean).join(" · ")], "minor")], "yellow")));
  at("queues").replaceChildren(...f.queues.map((/** @type {any} */ q) => element("p", [q.service_level === null ? t("dept.queueNone", { queue: queue(q.queue) })
    : t("dept.queue", { queue: queue(q.queue), n: q.arrivals_1h, agents: q.agents, sl: (100 * q.service_level).toFixed(0), s: q.threshold_s, need: q.agents_needed })])));
  at("joint").replaceChildren(...f.consultations.map((/** @type {any} */ c) => element("details", [element("summary", [`${t("rule.hard_case")} #${c.ticket} · ${t("dept.lead", { lead: department(c.lead) || "–" })} · ${
    c.promised_at ? t("dept.promise", { time: when(c.promised_at) }) : ""} · ${c.finish_at ? t("dept.finish", { day: day(c.finish_at), time: clock(c.finish_at) }) : t("dept.never")}`]),
    element("p", [c.branches.map((/** @type {any} */ b) => `${department(b.department)}: ${b.finish_at ? `${day(b.finish_at)} ${clock(b.finish_at)}` : "–"}`).join(" · ")], "minor")])));
  const s = f.score;
  at("score").textContent = s.forecasts === 0 ? t("dept.scoreNone") : t("dept.score", { n: s.forecasts, hits: s.hits, said: s.hits + s.false, was: s.hits + s.missed, h: s.horizon_h });
}

const cards = ["resolution.on_time", "dispatch.accepted_on_time", "dispatch.reply_on_time", "dispatch.return_rate", "dispatch.first_accuracy", "reopen_rate", "repeat_rate", "escalation_rate", "survey.satisfied", "tickets.created", "tickets.closed", "tickets.open", "ping_pong"];

function card() {
  at("card").tBodies[0].replaceChildren(...cards.filter((name) => name in shown.scorecard).map((name) => {
    const v = shown.scorecard[name];
    const text = v === null || (typeof v === "object" && v.value === null) ? t("none") : typeof v === "object" ? `${(100 * v.value).toFixed(1)} % (${v.num}/${v.n})` : String(v);
    return element("tr", [element("td", [metricName(name)]), element("td", [text])]);
  }));
}

function draw() {
  if (shown) at("title").textContent = titleOf(shown.titles, id);
  translate();
  stepsOf();
  if (!shown) return;
  at("age").textContent = `${t("asOf", { time: clock(shown.now) })} ${zoneName(shown.now)}${shown.suppressed ? ` · ${t("dept.suppressed", { n: shown.suppressed })}` : ""}`;
  fill("alerts", shown.alerts.map(alertCard));
  at("groups").replaceChildren(...(shown.groups.length ? shown.groups.map(group) : [element("p", [t("dept.none")], "minor")]));
  fill("risk", shown.at_risk.map((/** @type {any} */ r) => element("li", [caseLink(r.subject), " ", element("b", [when(r.due_at)]), element("span", [[promise(r.clock), r.owner].filter(Boolean).join(" · ")], "minor")], r.due_at <= now() ? "red" : "yellow")));
  outlook();
  card();
  at("without").replaceChildren(...shown.without_accountability.map((/** @type {any} */ a) => element("li", [link(`/a/${encodeURIComponent(a.code)}`, a.code), ` ${rule(a.rule)} · ${promise(a.clock)} · ${day(a.raised_at)}`, element("span", [t("dept.without")], "minor")], "yellow")));
  fill("accountability", shown.accountability.map((/** @type {any} */ c) => caseCard(c, "accountability")));
  fill("improvements", shown.improvements.map((/** @type {any} */ c) => caseCard(c, "improvements")));
}

async function load() {
  try {
    const answer = await fetch(`/api/v1/departments/${encodeURIComponent(id)}`);
    const said = await answer.json();
    if (!answer.ok) { at("age").textContent = said.detail; return; }
    shown = said;
    heardAt = performance.now();
    setZone(shown.zone);
    const open = [...document.querySelectorAll("details")].map((d) => d.open);
    draw();
    document.querySelectorAll("details").forEach((d, n) => { d.open = open[n] ?? false; });
  } catch { /* asked again; the page keeps what it knew */ }
}

function stepsOf() {
  const kind = /** @type {"accountability" | "improvements"} */ (at("kind").value);
  const chosen = at("step").value;
  at("step").replaceChildren(...steps[kind].map((name) => { const o = document.createElement("option"); o.value = name; o.textContent = t(`dept.${name}`); return o; }));
  if (steps[kind].includes(chosen)) at("step").value = chosen;
}

async function save(/** @type {Event} */ event) {
  event.preventDefault();
  /** @type {Record<string, unknown>} */
  const body = { step: at("step").value };
  for (const [field, name] of [["id", "id"], ["cluster_id", "cluster"], ["root_cause", "cause"], ["measure", "measure"]]) if (at(name).value.trim()) body[field] = at(name).value.trim();
  if (at("tickets").value.trim()) body.ticket_ids = at("tickets").value.trim().split(/[\s,，]+/);
  if (at("due").value) body.due_at = `${at("due").value}T23:59:59Z`;
  const said = at("said");
  try {
    // The key goes into a header and stays in this field: it is kept nowhere.
    const answer = await fetch(`/api/v1/departments/${encodeURIComponent(id)}/${at("kind").value}`, { method: "POST", headers: { "content-type": "application/json", "x-api-key": at("key").value.trim() }, body: JSON.stringify(body) });
    const found = await answer.json();
    said.className = answer.ok ? "good" : "bad";
    said.textContent = answer.ok ? `✓ ${found.id}` : found.detail;
    if (answer.ok) await load();
  } catch {
    said.className = "bad";
    said.textContent = t("alert.lost");
  }
}

at("kind").addEventListener("change", stepsOf);
at("act").addEventListener("submit", save);
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await Promise.all([loadWords(), loadNames()]);
at("language").value = language;
at("title").textContent = id;
draw();
await load();
setInterval(load, 5000);
