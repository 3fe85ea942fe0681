// @ts-check
// What the house calls its departments and queues, in the reader's language; one without a title is its id.
import { t, titleOf } from "./text.js";

/** By kind and id. @type {Record<string, Record<string, Record<string, string>>>} */
const titles = { departments: {}, queues: {} };

export async function loadNames() {
  await Promise.all(Object.keys(titles).map(async (kind) => {
    try {
      const answer = await fetch(`/api/v1/reference/${kind}`);
      if (answer.ok) titles[kind] = Object.fromEntries((await answer.json()).entries.map((/** @type {any} */ d) => [d.id, d.title]));
    } catch { /* ids say it too */ }
  }));
}

/** @param {string | null | undefined} id */
export const department = (id) => (id ? titleOf(titles.departments[id], id) : "");

/** @param {string} id */
export const queue = (id) => titleOf(titles.queues[id], id);

/** @param {string} scope all, department:ID, queue:ID or another */
export function scopeName(scope) {
  const id = scope.slice(scope.indexOf(":") + 1);
  return scope === "all" ? t("allDepartments") : scope.startsWith("department:") ? department(id) : scope.startsWith("queue:") ? queue(id) : scope;
}
