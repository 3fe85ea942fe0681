// @ts-check
// How far each source can be trusted; which of its numbers are missing, and what went wrong looks like.
import { dateTime, language, loadWords, setZone, t, translate, zoneName } from "./text.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** @type {any} */
let found = null;
/** What waits of the chosen adapter, and what it would become. @type {any} */
let kept = null;
let chosen = new URLSearchParams(location.search).get("source") ?? "";

const seconds = (/** @type {number | null | undefined} */ ms) => (ms === null || ms === undefined ? "–" : (ms / 1000).toFixed(ms < 10000 ? 1 : 0));
const nameOf = (/** @type {any} */ s) => s.source ?? s.sender;

/** @param {any} s */
function missing(s) {
  if (!s.sequence || s.sequence.numbering === "none") return t("sources.unnumbered");
  if (s.sequence.numbering === "shared") return t("sources.shared");
  return s.sequence.missing === 0 ? t("sources.none") : String(s.sequence.missing);
}

/** @param {string} text @param {string} [label] */
function cell(text, label = "") {
  const made = document.createElement("td");
  made.textContent = text;
  if (label && text) made.dataset.label = t(label);
  return made;
}

/** @param {any} s */
function line(s) {
  const row = document.createElement("tr");
  const first = document.createElement("td");
  const button = document.createElement("button");
  button.className = "link";
  button.textContent = nameOf(s);
  button.addEventListener("click", () => { chosen = nameOf(s); at("done").textContent = ""; draw(); look(); });
  first.append(button);
  const state = s.state ? cell(t(`sources.${s.state === "late" ? "behind" : s.state}`)) : cell("");
  state.className = s.state === "silent" ? "bad" : s.state === "late" || s.state === "never" ? "warn" : "good";
  const gaps = cell(s.state ? missing(s) : "", "sources.gaps");
  if (s.sequence?.numbering === "own" && s.sequence.missing > 0) gaps.className = "bad";
  const lag = s.lag_ms ? `${seconds(s.lag_ms.last)} / ${seconds(s.lag_ms.p50)} / ${seconds(s.lag_ms.p99)}` : "";
  row.append(first, state, cell(s.last_seen ? dateTime(Date.parse(s.last_seen)) : ""), cell(lag, "sources.lag"), gaps,
    ...["accepted", "duplicates", "late", "reordered", "unknown"].map((n) => cell(s[n] === undefined ? "" : String(s[n]), `sources.${n}`)),
    cell(s.refused === undefined ? String(s.unreadable ?? "") : String(s.refused + s.unreadable), "sources.refused"), cell(s.quarantined === undefined ? "" : String(s.quarantined), "sources.quarantined"));
  return row;
}

/** @param {any} s */
function detail(s) {
  at("detail").hidden = false;
  at("which").textContent = t("sources.detail", { source: nameOf(s) });
  const numbered = s.sequence?.numbering === "own";
  at("watermark").textContent = numbered ? t("sources.watermark", { n: s.sequence.watermark, highest: s.sequence.highest }) : "";
  at("gaps").replaceChildren(...(numbered ? s.sequence.gaps : []).map((/** @type {any} */ g) => {
    const item = document.createElement("li");
    item.textContent = t("sources.range", { from: g.from, to: g.to, count: g.count });
    return item;
  }));
  at("resend").hidden = !numbered || s.sequence.missing === 0;
  const rows = (s.samples ?? []).map((/** @type {any} */ x) => {
    const row = document.createElement("tr");
    const kind = { duplicate: "duplicates", refused: "refused", unreadable: "refused", unknown: "unknown", late: "late", quarantined: "quarantined" }[/** @type {string} */ (x.kind)];
    row.append(cell(t(`sources.${kind}`)), cell(x.id ?? ""), cell(x.type ?? ""), cell(x.at ? dateTime(Date.parse(x.at)) : ""), cell(dateTime(Date.parse(x.received_at))), cell([x.code, x.pointer].filter(Boolean).join(" ")));
    return row;
  });
  at("samples").replaceChildren(...rows);
  at("said").textContent = rows.length === 0 ? t("sources.noSamples") : "";
}

const adapter = () => (chosen.startsWith("adapter/") ? `/api/v1/adapters/${encodeURIComponent(chosen.slice(8))}` : "");

// Asked once for each choice: the server translates all that waits.
async function look() {
  kept = null;
  drawKept();
  const [of, path] = [chosen, adapter()];
  if (!path) return;
  try {
    const answer = await fetch(`${path}/kept`);
    const said = await answer.json();
    if (of !== chosen) return;
    if (!answer.ok) { tell(said.detail, false); return; }
    kept = said;
    drawKept();
  } catch { tell(t("channels.lost"), false); }
}

function drawKept() {
  at("kept").hidden = !kept;
  if (!kept) return;
  at("becomes").textContent = t("sources.kept", { n: kept.waiting, events: kept.events, ignored: kept.ignored, unmapped: kept.unmapped });
  at("reasons").replaceChildren(...kept.reasons.map((/** @type {any} */ r) => {
    const row = document.createElement("tr");
    row.append(cell(r.reason), cell(`× ${r.rows}`));
    return row;
  }));
  at("mapping").textContent = kept.fault ?? "";
  at("again").disabled = kept.waiting === 0 || at("key").value.trim() === "";
}

/** @param {string} words @param {boolean} good */
function tell(words, good) {
  at("done").className = good ? "good" : "bad";
  at("done").textContent = words;
}

async function again() {
  at("again").disabled = true;
  try {
    const answer = await fetch(`${adapter()}/again`, { method: "POST", headers: { "x-api-key": at("key").value.trim() } });
    const said = await answer.json();
    tell(answer.ok ? t("sources.done", said) : said.detail, answer.ok && said.stopped === null);
  } catch { tell(t("channels.lost"), false); }
  await load();
  await look();
}

function draw() {
  translate();
  if (!found) return;
  at("age").textContent = `${t("asOf", { time: dateTime(Date.parse(found.as_of)) })} ${zoneName(Date.parse(found.as_of))}`;
  const all = [...found.sources, ...found.senders];
  at("list").replaceChildren(...all.map(line));
  const one = all.find((s) => nameOf(s) === chosen);
  if (one) detail(one); else at("detail").hidden = true;
  drawKept();
}

async function load() {
  try {
    const answer = await fetch("/api/v1/sources");
    if (answer.ok) {
      found = await answer.json();
      setZone(found.zone);
    }
    if (!document.activeElement?.closest("#list")) draw(); // the focus stays where it is
  } catch { at("said").textContent = t("channels.lost"); }
}

at("again").addEventListener("click", again);
at("key").addEventListener("input", drawKept);
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await loadWords();
at("language").value = language;
await load();
draw();
await look();
setInterval(load, 5000);
