// @ts-check
// The board: takes frames, writes text nodes, and never shows an old number as a new one.
import { follow } from "./link.js";
import { drawTrend, gauge, spark } from "./draw.js";
import { subjectName } from "./about.js";
import { loadNames } from "./names.js";
import { chime, muteBy, mutedUntil, ring, silenced, soundState } from "./sound.js";
import { clock, language, loadWords, moment, percent, setZone, signed, span, t, titleOf, translate, zoneName } from "./text.js";

const LATE_MS = 3000;
const DEAD_MS = 10000;
const UNKNOWN_MS = 300000;
const RINGS = 5;
const RING_AGAIN_MS = 60000;
const TILES = ["sla", "fcr", "callbacks", "due30"];

const boardId = decodeURIComponent(location.pathname.split("/")[2] ?? "all");
const root = document.documentElement;
/** @param {string} id @returns {any} */
const $ = (id) => document.getElementById(id);
/** @param {Element} node @param {string} text */
const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

/** @type {any[]} */
let cells = [];
/** @type {any} */
let board = null;
let build = "";
let alarmRev = -1;
/** @type {Set<string> | null} */
let knownAlarms = null;
let flood = false; // whether its sound has been made
let open = 0; // red alarms that nobody has
/** @type {Set<string> | null} */
let knownWarnings = null;
let chimes = false; // a warning has not been heard yet
let rung = { count: 0, at: 0 };
/** Server time of the last frame, and when it came by the monotonic clock. */
let frame = { t: 0, at: -Infinity };
let lost = { since: 0, attempt: 0 };

const serverNow = () => frame.t + (lost.attempt > 0 ? 0 : performance.now() - frame.at);

function makeTiles() {
  $("tiles").replaceChildren(...TILES.map((name) => {
    const tile = document.createElement("button");
    tile.className = "tile";
    tile.dataset.cell = name;
    for (const part of ["label", "value", "chip", "row", "gauge", "spark"]) {
      const node = document.createElement(part === "gauge" || part === "spark" ? "canvas" : "span");
      node.className = part;
      node.setAttribute("aria-hidden", String(part === "gauge" || part === "spark"));
      if (part === "row") node.append(document.createElement("span"), document.createElement("span"));
      if (part === "value") node.append(document.createElement("b"), document.createElement("i"));
      tile.append(node);
    }
    tile.addEventListener("click", () => explain(name));
    return tile;
  }));
}

function words() {
  translate();
  TILES.forEach((name, i) => put(/** @type {Element} */ ($("tiles").children[i].querySelector(".label")), t(name)));
  const scope = board ? (board.id === "all" ? t("allDepartments") : titleOf(board.title, board.id)) : "";
  put($("title"), scope ? `${t("title")} · ${scope}` : t("title"));
  document.title = $("title").textContent;
  $("language").value = language;
}

/** @param {number} i */
function drawTile(i) {
  const c = cells[i];
  const tile = $("tiles").children[i];
  const count = i === 3;
  const value = c.value === null ? "–" : count ? String(c.value) : percent(c.value);
  tile.dataset.state = c.state;
  tile.dataset.value = c.value ?? "";
  const dead = lost.attempt > 0 && performance.now() - frame.at > UNKNOWN_MS;
  const [number, unit] = tile.querySelector(".value").children;
  put(number, dead ? "–" : value);
  put(unit, c.value === null || count || dead ? "" : "%");
  put(tile.querySelector(".chip"), t(c.state));
  const [left, right] = tile.querySelector(".row").children;
  const target = t("target", { v: count ? `≤ ${c.target}` : `${Math.round(c.target * 100)}%` });
  put(left, dead ? t("lastKnown", { v: value, time: clock(frame.t) }) : [target, ...(c.provisional ? [t("provisional")] : []), ...(c.revised ? [t("revised")] : [])].join(" · "));
  put(right, dead || c.delta === null ? "" : t("hourAgo", { v: signed(count ? c.delta : Number((c.delta * 100).toFixed(1))) }));
  const scale = count ? Math.max(c.target * 2, c.value ?? 0) : 1;
  gauge(tile.querySelector(".gauge"), c.value === null ? null : c.value / scale, c.target / scale, lost.attempt > 0 ? "none" : c.state);
  spark(tile.querySelector(".spark"), c.spark ?? []);
}

/** The list behind a number. @param {string} metric @param {string} [department] @param {string} [window] */
const listOf = (metric, department, window = "today") =>
  `/list?${new URLSearchParams({ metric, scope: department ? `department:${department}` : boardId === "all" ? "all" : `department:${boardId}`, window, lang: language })}`;

/** @param {HTMLElement} body @param {any[]} items @param {(item: any) => string[]} text @param {number} hotFrom columns from here carry the state's colour @param {(item: any) => (string | null)[]} [links] where each column leads */
function fill(body, items, text, hotFrom, links) {
  items.forEach((item, i) => {
    let row = /** @type {HTMLTableRowElement} */ (body.children[i]);
    const parts = text(item);
    if (!row) {
      row = document.createElement("tr");
      const leads = links?.(item) ?? [];
      parts.forEach((_, n) => {
        row.append(document.createElement("td"));
        if (n >= hotFrom) row.lastElementChild?.classList.add("hot");
        if (leads[n]) row.lastElementChild?.append(document.createElement("a"));
      });
      body.append(row);
    }
    row.dataset.state = item.state;
    const leads = links?.(item) ?? [];
    parts.forEach((part, n) => {
      const link = /** @type {HTMLAnchorElement | null} */ (leads[n] ? row.children[n].firstElementChild : null);
      put(link ?? row.children[n], part);
      if (link && link.getAttribute("href") !== leads[n]) link.href = leads[n] ?? "";
    });
  });
  while (body.children.length > items.length) body.lastElementChild?.remove();
}

const rowsThatFit = () => (window.innerWidth <= 700 ? 12 : 6);

function drawTables() {
  const now = serverNow();
  fill($("departments"), (cells[4] ?? []).slice(0, rowsThatFit()), (d) => [
    titleOf(d.title, d.id), String(d.waiting), d.longest_since === null ? "–" : span((now - d.longest_since) / 1000), String(d.breached),
    d.sla.value === null ? "–" : `${percent(d.sla.value)}%`], 2,
  (d) => [null, listOf("work.waiting", d.id), listOf("work.waiting", d.id), listOf("sla.breached_open", d.id), listOf("sla.due_cohort", d.id)]);
  const names = cells[9]?.departments ?? {};
  fill($("next"), (cells[5] ?? []).slice(0, rowsThatFit()), (n) => [
    `#${n.ticket}`, n.owner ?? titleOf(names[n.department], n.department ?? "–"), span((n.due_at - now) / 1000)], 2,
  (n) => [`/explain/${encodeURIComponent(n.ticket)}?lang=${language}`, null, null]);
}

function drawFigures() {
  const q = cells[7];
  for (const [id, metric] of [["l-waiting", "contacts.waiting"], ["l-longest", "contacts.longest_wait_s"], ["l-abandon", "abandon_rate"], ["l-agents", "agents.available"]])
    if ($(id).getAttribute("href") !== listOf(metric)) $(id).href = listOf(metric);
  put($("q-waiting"), String(q.waiting));
  put($("q-longest"), q.longest_since === null ? "–" : span((serverNow() - q.longest_since) / 1000));
  put($("q-abandon"), q.abandon.value === null ? "–" : `${percent(q.abandon.value)}%`);
  put($("q-agents"), q.agents_available === null ? "–" : String(q.agents_available));
}

function drawAlarm() {
  const c = cells[8];
  const top = c.top;
  for (const name of ["unacked", "acked", "shelved"]) put($(name), String(c[name]));
  const names = cells[9]?.departments ?? {};
  if (c.flood) { // one line for them all
    $("strip").dataset.level = "red";
    delete $("strip").dataset.held;
    $("strip").dataset.flood = "yes";
    put($("alarm"), [t("flood", { n: c.flood.count }), c.flood.worst ? t("floodWorst", { n: c.flood.worst_count, department: titleOf(names[c.flood.worst], c.flood.worst) }) : ""].filter(Boolean).join(" · "));
    put($("alarm-age"), span((serverNow() - c.flood.since) / 1000));
    return;
  }
  delete $("strip").dataset.flood;
  if (top?.hold === "open") $("strip").dataset.level = top.level; else delete $("strip").dataset.level;
  if (top && top.hold !== "open") $("strip").dataset.held = "yes"; else delete $("strip").dataset.held;
  put($("alarm"), top ? [top.priority, top.code, titleOf(names[top.department], top.department ?? ""), t(`rule.${top.rule}`), subjectName(top.subject), top.hold === "open" ? (top.steps > 1 && top.next_to ? `→\u00a0${t(`role.${top.next_to}`).replace("role.", "")}` : "") : `${top.by} → ${clock(top.until)}`].filter(Boolean).join(" · ") : [t("noAlarms"), c.quiet ? t("quietCount", { n: c.quiet }) : ""].filter(Boolean).join(" · "));
  put($("alarm-age"), top ? span((serverNow() - top.raised_at) / 1000) : "");
}

function drawAll() {
  if (!board) return;
  words();
  TILES.forEach((_, i) => drawTile(i));
  drawTables();
  drawFigures();
  drawAlarm();
  drawTrend($("trend"), cells[6], root.dataset.link === "lost");
  const late = cells[9]?.late?.[0];
  put($("late-source"), late ? t("lateSource", { source: late.source, age: span(late.age_s) }) : "");
  const holidays = cells[9]?.calendars ?? [];
  $("holidays").hidden = holidays.length === 0;
  put($("holidays"), holidays.length > 0 ? `▲ ${t("holidays", { calendars: holidays.map((/** @type {any} */ c) => c.id).join(", "), until: holidays.map((/** @type {any} */ c) => c.until).sort()[0] })}` : "");
}

/** A changed revision means: ask. A new P1 is announced and sounds. @param {number} rev */
async function alarms(rev) {
  if (rev === alarmRev) return;
  alarmRev = rev;
  try {
    const { alerts } = await (await fetch(`/api/v1/alerts?board=${encodeURIComponent(boardId)}`)).json();
    const red = alerts.filter((/** @type {any} */ a) => a.priority === "P1" && a.state === "raised" && a.hold === "open" && !a.mute); // an ETA that passed sounds anew, what is silenced does not
    // A warning waits for its people's working hours, and so does its sound.
    const yellow = alerts.filter((/** @type {any} */ a) => a.priority === "P2" && a.state === "raised" && a.hold === "open" && !a.mute && a.why !== "outside_hours");
    if (!cells[8]?.flood) flood = false;
    open = red.length;
    if (yellow.length === 0 || cells[8]?.flood) chimes = false;
    else if (knownWarnings && yellow.some((/** @type {any} */ a) => !knownWarnings?.has(a.code))) chimes = true;
    knownWarnings = new Set(yellow.map((/** @type {any} */ a) => a.code));
    const fresh = knownAlarms && red.find((/** @type {any} */ a) => !knownAlarms?.has(a.code));
    knownAlarms = new Set(red.map((/** @type {any} */ a) => a.code));
    if (!fresh) return;
    const flooded = Boolean(cells[8]?.flood);
    if (flooded && flood) return; // one sound for them all
    flood = flooded;
    put($("announce"), `${fresh.code} ${t(`rule.${fresh.rule}`)} ${fresh.ticket ?? ""}`);
    $("strip").classList.remove("fresh");
    requestAnimationFrame(() => $("strip").classList.add("fresh"));
    rung = { count: 1, at: performance.now() };
    ring(serverNow());
  } catch {
    alarmRev = -1; // asked again with the next frame
  }
}

/** @param {number} seq @param {number} t0 */
function heard(seq, t0) {
  frame = { t: t0, at: performance.now() };
  lost = { since: 0, attempt: 0 };
  state();
  // @ts-ignore read by tests: the frame that is on the screen
  requestAnimationFrame(() => { window.__lastFrame = { seq, t: t0, painted: performance.now() }; });
}

function state() {
  const age = performance.now() - frame.at;
  const link = !board ? "connecting" : lost.attempt > 0 || age > DEAD_MS ? "lost" : age > LATE_MS ? "late" : "live"; // live is who has heard something
  if (root.dataset.link !== link) {
    root.dataset.link = link;
    if (board) {
      TILES.forEach((_, i) => drawTile(i));
      drawTrend($("trend"), cells[6], link === "lost");
    }
  }
  const seconds = (age / 1000).toFixed(age < LATE_MS ? 1 : 0);
  put($("live"), link === "connecting" ? t("connecting") : t(link === "late" ? "late" : "live", { s: seconds }));
  if (link === "lost") {
    put($("stopped"), t("stopped", { time: clock(frame.t) }));
    put($("attempt"), t("reconnecting", { n: Math.max(1, lost.attempt), for: span(age / 1000) }));
    if (age > UNKNOWN_MS && age < UNKNOWN_MS + 2000) TILES.forEach((_, i) => drawTile(i));
  }
}

function sound() {
  silenced(cells[8]?.muted_until);
  const now = serverNow();
  const said = soundState(now);
  $("sound").dataset.state = said;
  $("sound").title = t(said === "soundBlocked" ? "sound.wake" : said === "soundMuted" ? "sound.unmute" : "sound.mute");
  put($("sound"), t(said, { time: moment(mutedUntil(now), now).slice(0, -3) }));
}

function tick() {
  state();
  if (!board) return;
  sound();
  if (root.dataset.link === "lost") return; // a countdown never runs on stale data
  put($("clock"), clock(serverNow()));
  if (chimes && chime(serverNow())) chimes = false;
  if (open > 0 && rung.count > 0 && rung.count < RINGS && mutedUntil(serverNow()) === 0 && performance.now() - rung.at > RING_AGAIN_MS) { // until somebody takes it
    rung = { count: rung.count + 1, at: performance.now() };
    ring(serverNow());
  }
  put($("zone"), zoneName(frame.t));
  drawTables();
  drawFigures();
  drawAlarm();
}

/** @param {any} c a figure @returns {string[]} what late data changed in it */
function revisions(c) {
  const by = c.revision?.late_events ?? [];
  if (by.length === 0) return [];
  const count = by.reduce((/** @type {number} */ n, /** @type {any} */ e) => n + e.count, 0);
  return [t("revisedBy", { count: String(count), sources: by.map((/** @type {any} */ e) => e.source).join(", ") })];
}

/** @param {string} name */
function explain(name) {
  const c = cells[TILES.indexOf(name)];
  const [title, formula, parts, asOf] = $("detail").children; // and the link
  put(title, t(name));
  put(formula, t(`formula.${name}`));
  put(parts, name === "due30" ? String(c.value) : `${c.num} / ${c.n}`);
  put(asOf, [t("asOf", { time: clock(c.as_of) }), ...revisions(c)].join(" · "));
  const behind = { sla: "sla.due_cohort", fcr: c.formula, callbacks: "callbacks.punctual", due30: "tickets.due_30m" };
  // @ts-ignore one of the four
  $("behind").href = listOf(behind[name], undefined, name === "fcr" ? (c.provisional ? "7d" : "30d") : "today");
  $("detail").showModal();
}

await loadWords();
makeTiles();
words();
muteBy($("sound"), serverNow, () => { if (board) sound(); });
$("language").addEventListener("change", async (/** @type {any} */ e) => {
  localStorage.setItem("lang", e.target.value);
  await loadWords(e.target.value);
  drawAll();
});
follow(boardId, {
  onSnapshot(s) {
    if (build && s.build !== build) { location.reload(); return; } // the server answers: safe to fetch the new page
    ({ cells, board, build } = s);
    setZone(board.zone);
    heard(s.seq, s.t);
    drawAll();
    loadNames(); // the wall waits for no name; asked anew at each connection, since it hangs for weeks
    alarms(s.alarmRev);
  },
  onDelta([seq, t0, rev, changes]) {
    heard(seq, t0);
    for (let i = 0; i < changes.length; i += 2) cells[changes[i]] = changes[i + 1];
    if (changes.length > 0) drawAll();
    alarms(rev);
  },
  onLost(attempt) {
    lost = { since: lost.since || performance.now(), attempt };
    state();
  },
});
setInterval(tick, 250);
addEventListener("resize", drawAll);
