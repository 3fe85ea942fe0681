// @ts-check
// The list behind one number, line by line; each ticket leads to its explanation.
import { metricFormula, metricName } from "./metrics.js";
import { department, loadNames, scopeName } from "./names.js";
import { dateTime, duration, language, loadWords, setZone, t, translate, word, zoneName } from "./text.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const asked = new URLSearchParams(location.search);
const wanted = new URLSearchParams([...asked].filter(([name]) => ["metric", "scope", "window"].includes(name)));
/** @type {any} */
let head = null;
/** @type {any[]} */
let items = [];

/** @param {any} i */
function valueOf(i) {
  if (i.value === null) return "";
  return head.unit === "s" ? duration(i.value) : String(i.value);
}

/** Above and below, where they say more than that it counts. @param {any} i */
const counts = (i) => (i.n === 1 && i.num === 1 ? "✓" : i.n === 1 && i.num === 0 ? t("list.below") : i.n === 0 && i.num === 1 ? t("list.above") : head.unit ? "" : `${i.num} / ${i.n}`);

/** @param {any} i */
function line(i) {
  const row = document.createElement("tr");
  const first = document.createElement("td");
  const name = document.createElement(i.explain ? "a" : "span");
  if (i.explain) /** @type {HTMLAnchorElement} */ (name).href = `${i.explain}?lang=${language}`;
  name.textContent = `${t(`kind.${i.kind}`)} ${i.kind === "customer" ? i.subject : i.subject.slice(i.subject.indexOf("/") + 1)}`;
  first.append(name);
  row.append(first, ...[i.state ? word("state", i.state) : "", department(i.counted_for ?? i.department_id), i.at ? dateTime(Date.parse(i.at)) : "", valueOf(i), counts(i)].map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  }));
  return row;
}

function draw() {
  at("title").textContent = t("list.title", { metric: metricName(wanted.get("metric") ?? "") });
  translate();
  links();
  if (!head) return;
  at("number").textContent = head.detail ?? t("list.number", { count: head.count, num: head.num, n: head.n, scope: scopeName(head.scope) });
  at("number").classList.toggle("bad", Boolean(head.detail));
  at("formula").textContent = metricFormula(wanted.get("metric") ?? "");
  at("window").textContent = head.window ? `${dateTime(Date.parse(head.window.from))} – ${dateTime(Date.parse(head.window.to))} · ${t("asOf", { time: dateTime(Date.parse(head.as_of)) })} ${zoneName(Date.parse(head.as_of))}` : "";
  at("list").replaceChildren(...items.map(line));
  at("more").hidden = !head.cursor;
}

async function load() {
  const query = new URLSearchParams(wanted);
  query.set("limit", "200");
  if (head?.cursor) query.set("cursor", head.cursor);
  try {
    const answer = await fetch(`/api/v1/list?${query}`);
    head = await answer.json();
    if (answer.ok) {
      items = items.concat(head.items);
      setZone(head.zone);
    }
  } catch { head = { detail: t("channels.lost") }; }
  draw();
}

function links() {
  at("numbers").href = `/numbers?${new URLSearchParams([...wanted, ["lang", language]].filter(([name]) => name !== "metric"))}`;
}

at("csv").href = `/api/v1/list?${new URLSearchParams([...wanted, ["format", "csv"]])}`;
at("more").addEventListener("click", load);
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await Promise.all([loadWords(), loadNames()]);
at("language").value = language;
await load();
