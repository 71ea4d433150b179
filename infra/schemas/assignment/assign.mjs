// Which arm of an experiment an entity has: the same as steward.experiments.assignment, in browsers, Node 20 and workers.
// assignment: {salt, arms: [{name, below}]}; entity: a string, a whole number, or nothing.

const HEX_DIGITS = 13; // 52 bits, which a number holds exactly

export async function position(salt, entity) {
  const bytes = new TextEncoder().encode(`${salt}:${entity}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return parseInt(hex.slice(0, HEX_DIGITS), 16);
}

// null for a row without an entity: it takes no part in the experiment and is served by the champion.
export async function armOf(assignment, entity) {
  if (entity === null || entity === undefined || entity === "" || Number.isNaN(entity)) return null;
  if (typeof entity !== "string" && !Number.isSafeInteger(entity)) {
    throw new TypeError(`entity ${entity} must be a string or a whole number below 2^53`);
  }
  const place = await position(assignment.salt, entity);
  return assignment.arms.find((arm) => place < arm.below).name;
}
