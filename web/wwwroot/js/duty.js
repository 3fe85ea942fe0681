// @ts-check
// Who is on duty, who comes next, and the plan of two weeks, each rota in its own time.
import { department, loadNames } from "./names.js";
import { language, loadWords, t, translate } from "./text.js";

const at = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** @type {any} */
let shown = null;

/** @param {string} tag @param {string} [content] @param {string} [name] */
function element(tag, content = "", name = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  made.className = name;
  return made;
}

/** Day and time where the rota is. @param {number} ms @param {string} zone */
function when(ms, zone) {
  const locale = language === "en" ? "en-GB" : language === "zh-Hans" ? "zh-CN" : "zh-TW";
  try {
    return new Intl.DateTimeFormat(locale, { timeZone: zone, weekday: "short", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);
  } catch {
    return new Date(ms).toISOString();
  }
}

const role = (/** @type {string} */ to) => t(`role.${to}`).replace("role.", "");

/** @param {any} d @param {string} zone */
const said = (d, zone) => `${d.name}${d.stands_in ? ` (${[t("duty.standsIn"), d.reason].filter(Boolean).join(": ")})` : ""}`;

/** @param {any} r */
function rota(r) {
  const box = element("section");
  const link = /** @type {HTMLAnchorElement} */ (element("a", t("duty.ics")));
  link.href = `/api/v1/duty/${encodeURIComponent(r.id)}/plan.ics`;
  const of = element("p", `${r.levels.map(role).join(", ")} · ${r.departments.length ? r.departments.map(department).join(", ") : t("allDepartments")} · ${r.zone} · `, "minor");
  of.append(link);
  const now = element("p", "", "who");
  now.append(element("strong", `${t("duty.now")}: ${r.on_duty ? said(r.on_duty, r.zone) : t("duty.nobody")}`, r.on_duty ? "good" : "warn"));
  if (r.on_duty) now.append(` ${t("duty.until", { time: when(r.on_duty.until, r.zone) })}`);
  const next = element("p", r.next ? `${t("duty.next")}: ${said(r.next, r.zone)} ${t("duty.from", { time: when(r.next.from, r.zone) })}` : t("duty.noNext"));
  const body = document.createElement("tbody");
  body.append(...r.plan.map((/** @type {any} */ d) => {
    const line = document.createElement("tr");
    line.append(element("td", when(d.from, r.zone)), element("td", when(d.until, r.zone)), element("td", said(d, r.zone), d.stands_in ? "warn" : ""));
    return line;
  }));
  const table = document.createElement("table");
  table.append(body);
  const plan = document.createElement("details");
  plan.append(element("summary", t("duty.plan")), table);
  plan.open = true;
  box.append(element("h2", r.name), of, now, next, plan);
  return box;
}

function draw() {
  translate();
  if (!shown) return;
  at("none").textContent = shown.rotas.length ? "" : t("duty.none");
  at("rotas").replaceChildren(...shown.rotas.map(rota));
}

async function load() {
  try {
    const answer = await fetch("/api/v1/duty");
    if (answer.ok) { shown = await answer.json(); draw(); }
  } catch { /* asked again; the page keeps what it knew */ }
}

at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); });
await Promise.all([loadWords(), loadNames()]);
at("language").value = language;
draw();
await load();
setInterval(load, 30000);
