// @ts-check
// What the house calls its departments, in the reader's language; one without a title is its id.
import { t, titleOf } from "./text.js";

/** @type {Record<string, Record<string, string>>} */
let titles = {};

export async function loadNames() {
  try {
    const answer = await fetch("/api/v1/reference/departments");
    if (answer.ok) titles = Object.fromEntries((await answer.json()).entries.map((/** @type {any} */ d) => [d.id, d.title]));
  } catch { /* ids say it too */ }
}

/** @param {string | null | undefined} id */
export const department = (id) => (id ? titleOf(titles[id], id) : "");

/** @param {string} scope all, department:ID or another */
export const scopeName = (scope) => (scope === "all" ? t("allDepartments") : scope.startsWith("department:") ? department(scope.slice(11)) : scope);
