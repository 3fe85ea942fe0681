// @ts-check
// What a number is called, and how it is counted, in the reader's language. A number is named by its path in the answer, and its words are keyed by the
// same path: m.PATH is the name, f.PATH how it is counted. Where a path holds a parameter its key has {LIST}: LIST.VALUE is the word for it, and what no
// list knows (an agent, an issue, a threshold) stands as it is. So a new department, agent or issue needs no new word.
import { keysOf, t, word } from "./text.js";

/** @typedef {{key: string, place: number, lists: string[], fixed: number, pattern: RegExp}} Form */

/** @type {Record<string, Form[]>} */
const forms = {};

/** The keys are the same in all languages, so they are read once. @param {string} kind m or f */
function formsOf(kind) {
  return (forms[kind] ??= keysOf(`${kind}.`).map((key, place) => {
    const parts = key.slice(2).split(/\{(\w+)\}/); // fixed text and lists by turns
    const fixed = parts.filter((_, i) => i % 2 === 0);
    const pattern = new RegExp(`^${parts.map((p, i) => (i % 2 ? "([^]*?)" : p.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("")}$`);
    return { key, place, lists: parts.filter((_, i) => i % 2 === 1), fixed: fixed.join("").length, pattern };
  }).sort((a, b) => b.fixed - a.fixed)); // the more of a path is fixed, the more it says
}

/** @param {string} kind @param {string} path @returns {{text: string, place: number} | null} */
function find(kind, path) {
  for (const form of formsOf(kind)) {
    const parts = form.pattern.exec(path);
    if (parts) return { text: t(form.key, Object.fromEntries(form.lists.map((list, i) => [list, word(list, parts[i + 1])]))), place: form.place };
  }
  return null;
}

/** A path without a name is its own. @param {string} path such as agents.time_s/busy */
export const metricName = (path) => find("m", path)?.text ?? path;

/** Where it stands among the others: in the order of the word list. @param {string} path */
export const metricPlace = (path) => find("m", path)?.place ?? Number.MAX_SAFE_INTEGER;

/** How a rate is counted; empty for what is no rate. @param {string} path */
export const metricFormula = (path) => find("f", path)?.text ?? "";
