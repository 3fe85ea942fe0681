// @ts-check
// How channels do; testing them, sending dead letters again, setting secrets, and channels.yaml. The key stays in its field: it is kept nowhere.
import { language, loadWords, moment, setZone, t, translate, zoneName } from "./text.js";

/** @param {string} id */
const at = (id) => /** @type {any} */ (document.getElementById(id));

/** @param {string} tag @param {string} [content] @param {string} [name] */
function element(tag, content = "", name = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  made.className = name;
  return made;
}

/** @type {any} */
let shown = null;
let open = ""; // the channel whose dead letters are shown
let tag = ""; // of the text that was loaded

/** @param {string} content @param {boolean} good */
function say(content, good) {
  at("said").className = good ? "good" : "bad";
  at("said").textContent = content;
}

/** @param {string} path @param {RequestInit} [more] @returns {Promise<any>} the answer; null where it was refused, which was said */
async function ask(path, more = {}) {
  try {
    const answer = await fetch(`/api/v1/channels/${path}`, { ...more, headers: { "x-api-key": at("key").value.trim(), ...more.headers } });
    const text = await answer.text();
    const body = answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text;
    if (answer.ok) return { body, tag: answer.headers.get("etag") ?? "" };
    say(body.line ? t("channels.fault", { line: body.line, rule: body.detail }) : body.detail ?? String(answer.status), false);
  } catch {
    say(t("channels.lost"), false);
  }
  return null;
}

/** @param {string} words @param {() => unknown} act */
function button(words, act) {
  const made = /** @type {HTMLButtonElement} */ (element("button", words));
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** @param {string} id */
async function test(id) {
  const done = await ask(`${encodeURIComponent(id)}/test`, { method: "POST" });
  if (done) say(`${id}: ${done.body.delivered ? t("channels.tested", done.body) : t("channels.testFailed", done.body)}`, done.body.delivered);
  await list();
}

/** @param {any} c */
function row(c) {
  const missing = Object.entries(c.secrets ?? {}).filter(([name, set]) => !set && name !== "password" && !(["webhook", "events"].includes(c.kind) && name === "url") && !(!["webhook", "events"].includes(c.kind) && name === "secret")).map(([name]) => name);
  const state = document.createElement("td");
  state.append(element("div", t(`channels.${c.state}`), c.state === "ok" ? "good" : c.state === "untried" ? "minor" : "bad"));
  if (missing.length) state.append(element("div", t("channels.missing", { names: missing.join(", ") }), "warn"));
  if (c.state === "failing") state.append(element("div", `${moment(c.failed_at, shown.now)} ${c.failed_with}`, "minor"));
  if (c.off_because) state.append(element("div", c.off_because, "minor"));
  const name = document.createElement("td");
  name.append(element("div", c.id), element("div", c.kind, "minor"));
  const acts = document.createElement("td");
  if (c.kind !== "web") acts.append(button(t("channels.test"), () => test(c.id)));
  if (c.state === "off") acts.append(button(t("channels.enable"), async () => { if (await ask(`${encodeURIComponent(c.id)}/enable`, { method: "POST" })) await list(); }));
  const dead = element("td", String(c.dead ?? 0), c.dead ? "bad" : "");
  if (c.dead) dead.append(" ", button(t("channels.show"), () => letters(c.id)));
  const waiting = document.createElement("td");
  waiting.append(element("div", String(c.waiting)));
  if (c.next_at) waiting.append(element("div", t("channels.next", { time: moment(c.next_at, shown.now) }), "minor"));
  const line = document.createElement("tr");
  const heads = ["", "", "channels.lastSent", "channels.waiting", "channels.retrying", "channels.dead", ""];
  line.append(name, state, element("td", c.sent_at ? moment(c.sent_at, shown.now) : "–"), waiting, element("td", String(c.retrying ?? 0)), dead, acts);
  heads.forEach((head, i) => { if (head) /** @type {HTMLElement} */ (line.children[i]).dataset.label = t(head); });
  return line;
}

function draw() {
  translate();
  if (!shown) return;
  at("age").textContent = `${t("asOf", { time: moment(shown.now, shown.now) })} ${zoneName(shown.now)}`;
  at("secrets").hidden = !shown.channels.some((/** @type {any} */ c) => c.secrets);
  at("no-secrets").hidden = !at("secrets").hidden;
  at("fault").textContent = shown.fault ? t("channels.fault", { line: shown.fault_line, rule: shown.fault }) : "";
  at("channels").replaceChildren(...shown.channels.map(row));
  const chosen = at("of").value;
  at("of").replaceChildren(...shown.channels.filter((/** @type {any} */ c) => c.secrets).map((/** @type {any} */ c) => element("option", c.id)));
  if (chosen) at("of").value = chosen;
  slots();
}

function slots() {
  const channel = shown?.channels.find((/** @type {any} */ c) => c.id === at("of").value);
  const chosen = at("slot").value;
  at("slot").replaceChildren(...Object.keys(channel?.secrets ?? {}).map((name) => element("option", name)));
  if (chosen && channel && chosen in channel.secrets) at("slot").value = chosen;
}

/** @param {string} id */
async function letters(id) {
  open = id;
  const found = await ask(`${encodeURIComponent(id)}/letters?state=dead`);
  if (!found) return;
  at("letters").hidden = false;
  at("whose").textContent = `${id}: ${t(found.body.letters.length ? "channels.dead" : "channels.noneDead")}`;
  at("dead").replaceChildren(...found.body.letters.map((/** @type {any} */ l) => {
    const code = document.createElement("td");
    const link = /** @type {HTMLAnchorElement} */ (element("a", l.code));
    link.href = `/a/${encodeURIComponent(l.code)}`;
    code.append(link, element("div", moment(l.at, shown.now), "minor"));
    const acts = document.createElement("td");
    acts.append(button(t("channels.again"), async () => { if (await ask(`${encodeURIComponent(id)}/letters/${l.letter}/again`, { method: "POST" })) { say(t("channels.done"), true); await letters(id); await list(); } }));
    const line = document.createElement("tr");
    line.append(code, element("td", [l.to, l.contact].filter(Boolean).join(" · ")), element("td", String(l.attempts)), element("td", l.last ?? ""), acts);
    return line;
  }));
}

async function list() {
  try {
    const answer = await fetch("/api/v1/channels");
    if (answer.ok) { shown = await answer.json(); setZone(shown.zone); draw(); }
  } catch { /* asked again; the page keeps what it knew */ }
}

at("secrets").addEventListener("submit", async (/** @type {Event} */ e) => {
  e.preventDefault();
  const done = await ask(`${encodeURIComponent(at("of").value)}/secrets`, { method: "PUT", headers: { "content-type": "application/json" }, body: JSON.stringify({ [at("slot").value]: at("value").value.trim() }) });
  at("value").value = "";
  if (done) { say(t("channels.done"), true); await list(); }
});
at("of").addEventListener("change", slots);
at("load").addEventListener("click", async () => {
  const found = await ask("file");
  if (found) { at("text").value = found.body; tag = found.tag; at("save").disabled = false; say("", true); }
});
at("save").addEventListener("click", async () => {
  const done = await ask("file", { method: "PUT", headers: { "content-type": "text/yaml", "if-match": tag }, body: at("text").value });
  if (done) { tag = done.tag; say(t("channels.saved"), true); await list(); }
});
at("language").addEventListener("change", async () => { await loadWords(at("language").value); draw(); if (open) await letters(open); });
await loadWords();
at("language").value = language;
draw();
await list();
setInterval(list, 5000);
