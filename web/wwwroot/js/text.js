// @ts-check
// Words, numbers and times in the language of the board. Every Intl call names its locale and zone.

/** @typedef {"en" | "zh-Hans" | "zh-Hant"} Language */

/** @type {Record<string, string>} */
let words = {};
/** @type {Language} */
export let language = "en";
let zone = "UTC";

/** @returns {Language} */
function preferred() {
  const asked = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("lang") ?? navigator.language;
  if (/^zh-(hant|tw|hk|mo)/i.test(asked)) return "zh-Hant";
  return /^zh/i.test(asked) ? "zh-Hans" : "en";
}

/** @param {Language} [wanted] */
export async function loadWords(wanted) {
  language = wanted ?? preferred();
  words = await (await fetch(`/i18n/${language}.json`)).json();
  document.documentElement.lang = language;
}

/** @param {string} id */
export const setZone = (id) => { zone = id; };

/** @param {string} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/** @param {string} start */
export const keysOf = (start) => Object.keys(words).filter((key) => key.startsWith(start));

/** The fixed words of a page: texts (data-t), what a reader of the screen is told of a field (data-t-label), and its title, which is that of its heading. */
export function translate() {
  for (const e of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-t], [data-t-label]"))) {
    const { t: text, tLabel: label } = e.dataset;
    if (text && e.textContent !== t(text)) e.textContent = t(text);
    if (label) e.setAttribute("aria-label", t(label));
    if (label && e instanceof HTMLInputElement && e.type === "search") e.placeholder = t(label); // nobody else says what is looked for
  }
  const heading = document.querySelector("h1")?.textContent;
  document.title = heading ? `${heading} · OpsMonitor` : "OpsMonitor";
}

/** @param {Record<string, string> | null | undefined} titles @param {string} id */
export const titleOf = (titles, id) => titles?.[language] ?? titles?.en ?? id;

/** @param {number} ms Unix milliseconds */
export function clock(ms) {
  try {
    return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(ms);
  } catch {
    return new Date(ms).toISOString().slice(11, 19);
  }
}

/** Date and time to the second. @param {number} ms Unix milliseconds */
export function dateTime(ms) {
  try {
    return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(ms);
  } catch {
    return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  }
}

/** A time as people say it: the date too where it is not today's. @param {number} ms @param {number} now both Unix milliseconds */
export const moment = (ms, now) => (dateTime(ms).slice(0, 10) === dateTime(now).slice(0, 10) ? clock(ms) : dateTime(ms));

/** A promise in the reader's words; what the policy of the house named otherwise, and what is no clock, stays as it is. @param {string | null} id such as resolution or department_answer/T-1-d1 */
export function promise(id) {
  const [name, ...of] = (id ?? "").split("/");
  return words[`promise.${name}`] ? [words[`promise.${name}`], ...of].join(" ") : id ?? "";
}

/** A word of a closed list in the reader's language; one that is not in the catalogue stays as it is. @param {string} list @param {string} key */
export const word = (list, key) => words[`${list}.${key}`] ?? key;

/** @param {number} ms */
export function zoneName(ms) {
  try {
    const parts = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(ms);
    return (parts.find((p) => p.type === "timeZoneName")?.value ?? zone).replace("GMT", "UTC");
  } catch {
    return zone;
  }
}

/** An instant of the API with its zone's name. @param {string} instant RFC 3339 */
export const zoned = (instant) => `${dateTime(Date.parse(instant))} ${zoneName(Date.parse(instant))}`;

/** Whole seconds as 04:51, 2:03:10 or 3d 04h. @param {number} seconds */
export function span(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (s >= 86400) return t("days", { d: Math.floor(s / 86400), h: two(Math.floor((s % 86400) / 3600)) });
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}` : `${two(Math.floor(s / 60))}:${two(s % 60)}`;
}

/** A length of time as people say it: under a minute in seconds, to a tenth. @param {number} seconds */
export const duration = (seconds) => (Math.abs(seconds) < 60 ? t("unit.second", { n: Math.round(seconds * 10) / 10 }) : span(seconds));

/** @param {number | null} value a share of one */
export const percent = (value) => (value === null ? "–" : value === 1 ? "100" : (value * 100).toFixed(1));

/** @param {number} value */
export const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "±") + Math.abs(value);
