// @ts-check
// One alert, for a phone: what, since when, who has it, who is told next; and to take it.
import { caseLink, conditionOf, findingOf } from "./about.js";
import { department, loadNames } from "./names.js";
import { language, loadWords, moment, setZone, span, t, translate, zoneName } from "./text.js";

const code = decodeURIComponent(location.pathname.split("/").pop() ?? "");
const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));

/** @param {string} tag @param {string} [content] @param {string} [name] */
function element(tag, content = "", name = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  made.className = name;
  return made;
}

/** Only what is other than before is changed: drawn every second, a link keeps the focus. @param {string} id @param {Node[]} nodes */
function put(id, nodes) {
  const parent = at(id);
  nodes.forEach((node, i) => {
    const old = parent.childNodes[i];
    if (!old) parent.append(node);
    else if (!old.isEqualNode(node)) old.replaceWith(node);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild.remove();
}

/** @type {any} */
let shown = null;
let heardAt = 0; // of the monotonic clock: the phone's own time may be wrong
const now = () => shown.now + (performance.now() - heardAt);

function words() {
  at("title").textContent = code;
  translate();
  for (const e of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-do]")))
    e.textContent = t(`alert.${e.dataset.do}`, { n: e.dataset.do === "shelve" ? Number(e.dataset.minutes) / 60 : e.dataset.minutes ?? "" });
}

/** @param {string} to */
const role = (to) => { const said = t(`role.${to}`); return said === `role.${to}` ? to : said; };

function draw() {
  const { alert: a, ladder } = shown;
  const stands = a.state === "raised";
  const subject = element("p");
  subject.append(...[department(a.department), caseLink(a.subject), ...(a.rule === "ping_pong_guard" ? [] : [conditionOf(a), findingOf(a)])].filter(Boolean).flatMap((part, i) => (i ? [" · ", part] : [part])));
  const what = [
    element("h2", `${a.priority} · ${t(`rule.${a.rule}`)}`, stands && a.hold === "open" ? (a.level === "red" ? "bad" : "warn") : ""),
    subject,
    element("p", `${t("alert.since")} ${moment(a.raised_at, now())} ${zoneName(a.raised_at)} · ${span((now() - a.raised_at) / 1000)}`),
    element("p", !stands ? t(`alert.${a.state}`) : a.hold === "open" ? t("alert.nobody") : t(`alert.${a.hold}`, { by: a.by, time: moment(a.until, now()), left: span((a.until - now()) / 1000) }), "who"),
  ];
  if (stands) what.push(element("p", `${t("alert.why", { why: t(`why.${a.why}`) })}${a.mute ? ` · ${a.muted_by}${a.muted_until ? ` → ${moment(a.muted_until, now())}` : ""}` : ""}`, a.mute ? "warn why" : "minor why"));
  if (a.rule === "ping_pong_guard" && stands) what.splice(2, 0, element("p", t("frozen.text", { n: a.finding?.num ?? "", who: role(a.clock), time: moment(a.raised_at, now()) }), "frozen"));
  if (a.note) what.push(element("p", `“${a.note}”`, "minor"));
  put("what", what);
  const list = document.createElement("ol");
  list.append(...ladder.taken.map((/** @type {any} */ s) => element("li", `${moment(s.at, now())} ${role(s.to)}`, "minor")));
  if (ladder.next) list.append(element("li", t("alert.next", { to: role(ladder.next.to), time: moment(ladder.next.at, now()), left: span((ladder.next.at - now()) / 1000) })));
  else if (ladder.final) list.append(element("li", t(`alert.final.${ladder.final}`)));
  else list.append(element("li", t("alert.waits")));
  put("ladder", [element("h2", t("alert.ladder")), list]);
  // What it was found in, and whose own alerts it keeps quiet.
  const cases = [...new Set([...(a.members ?? []), ...shown.covers])];
  at("cases").hidden = cases.length === 0;
  put("cases", [element("h2", t("alert.cases", { n: cases.length })), ...cases.flatMap((subject) => [caseLink(subject), document.createTextNode(" ")])]);
  at("act").hidden = !stands;
  document.querySelector("[data-do=release]")?.toggleAttribute("hidden", a.hold === "open");
}

// Whom the channels told, or did not, each with its reason.
async function loadTold() {
  try {
    const answer = await fetch(`/api/v1/alerts/${encodeURIComponent(code)}/told`);
    if (!answer.ok) return;
    const { decisions } = await answer.json();
    const list = document.createElement("ul");
    list.append(...decisions.map((/** @type {any} */ d) => element("li", [
      moment(d.at, now()), [d.channel, d.contact].filter(Boolean).join(" → "), d.to ? role(d.to) : "", `${t(d.told ? "told.yes" : "told.no")}: ${t(`why.${d.why}`)}`, d.until ? t("told.until", { time: moment(d.until, now()) }) : "",
    ].filter(Boolean).join(" · "), d.told ? "" : "minor")));
    at("told").replaceChildren(element("h2", t("told.title")), decisions.length ? list : element("p", t("told.none"), "minor"));
  } catch { /* asked again */ }
}

/** @param {any} answer */
function take(answer) {
  shown = answer;
  if (answer.zone) setZone(answer.zone);
  heardAt = performance.now();
  draw();
}

async function load() {
  try {
    const answer = await fetch(`/api/v1/alerts/${encodeURIComponent(code)}`);
    const found = await answer.json();
    if (answer.ok) take(found); else at("what").replaceChildren(element("p", found.detail, "bad"));
  } catch { /* asked again; the page keeps what it knew */ }
}

/** @param {HTMLElement} button */
async function act(button) {
  const kind = button.dataset.do ?? "";
  /** @type {Record<string, unknown>} */
  const body = {};
  if (at("by").value.trim()) body.by = at("by").value.trim();
  if (button.dataset.minutes) body.minutes = Number(button.dataset.minutes);
  if (at("reason").value.trim()) body[kind === "shelve" ? "reason" : "note"] = at("reason").value.trim();
  const said = at("said");
  try {
    // The key goes into a header and stays in this field: it is kept nowhere.
    const answer = await fetch(`/api/v1/alerts/${encodeURIComponent(code)}/${kind}`, {
      method: "POST", headers: { "content-type": "application/json", "x-api-key": at("key").value.trim() }, body: JSON.stringify(body),
    });
    const found = await answer.json();
    if (found.alert) take(found);
    said.className = answer.ok ? "good" : "bad";
    said.textContent = answer.ok ? t("alert.done") : found.code === "alert_held" ? t("alert.held", { by: found.alert.by, time: moment(found.alert.until, now()) }) : found.detail;
  } catch {
    said.className = "bad";
    said.textContent = t("alert.lost");
  }
}

for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-do]"))) button.addEventListener("click", () => act(button));
at("act").addEventListener("submit", (/** @type {Event} */ e) => e.preventDefault());
at("language").addEventListener("change", async () => { await loadWords(at("language").value); words(); if (shown) draw(); await loadTold(); });
await Promise.all([loadWords(), loadNames()]);
at("language").value = language;
words();
await load();
await loadTold();
setInterval(() => { if (shown) draw(); }, 1000);
setInterval(load, 5000);
setInterval(loadTold, 5000);
