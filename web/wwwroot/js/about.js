// @ts-check
// What an alert is about, which promise, and what was found, in the reader's words.
import { department, queue } from "./names.js";
import { language, promise, span, t, word } from "./text.js";

/** What an alert is about, in the reader's words. @param {string} subject KIND/ID, or rule/KIND/ID for what a rule watches; of a bulk complaint rule/bulk/DEPARTMENT/ISSUE */
export function subjectName(subject) {
  const [kind, ...rest] = subject.replace(/^rule\//, "").split("/");
  const id = rest.join("/");
  switch (kind) {
    case "ticket": return `#${id}`;
    case "department": return department(id);
    case "queue": return `${word("kind", kind)} ${queue(id)}`;
    case "bulk": return rest.slice(1).join("/") || id;
    default: return `${word("kind", kind)} ${id}`;
  }
}

/** The same, and for a ticket the way to its page. @param {string} subject */
export function caseLink(subject) {
  const ticket = subject.startsWith("ticket/");
  const made = document.createElement(ticket ? "a" : "span");
  if (ticket) /** @type {HTMLAnchorElement} */ (made).href = `/explain/${encodeURIComponent(subject.slice(7))}?lang=${language}`;
  made.textContent = subjectName(subject);
  return made;
}

/** The promise or condition of an alert; "" where it only says the subject again, as a queue's does. @param {{subject: string, clock: string}} a */
export const conditionOf = (a) => (a.subject.startsWith("rule/") && a.subject.endsWith(`/${a.clock}`) ? "" : promise(a.clock));

/** Rules whose finding is a span, and how many seconds one of it is. @type {Record<string, number>} */
const SPANS = { longest_wait: 1, missed_call: 60, critical_drop: 60 };

/** So many of so many against a limit; "" for an alert of a promise. @param {{rule: string, finding?: {num: number, n: number, limit: number} | null}} a */
export function findingOf(a) {
  const f = a.finding;
  if (!f) return "";
  if (f.n) return t("dept.rate", { rate: ((100 * f.num) / f.n).toFixed(1), n: f.n, limit: f.limit });
  const unit = SPANS[a.rule];
  if (!unit) return t("dept.count", { num: f.num, limit: f.limit });
  return f.num === f.limit ? t("dept.limit", { limit: span(f.limit * unit) }) : t("dept.count", { num: span(f.num * unit), limit: span(f.limit * unit) }); // raised at the limit itself
}
