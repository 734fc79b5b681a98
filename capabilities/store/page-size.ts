/** How many objects to ask for in one page of a list: a tenant's may have 1.5 MB each. */

/** Of the first page. */
export const FIRST_LIMIT = 50;
const LARGEST_LIMIT = 500;

/** The limit for the page after one that was read. */
export function nextLimit(
  limit: number,
  read: { items: number; bytes: number },
  wantedBytes: number,
): number {
  if (read.items === 0) return limit;
  const fitting = Math.floor((wantedBytes * read.items) / read.bytes);
  // Grows by steps: the next objects may be larger than these.
  return Math.max(1, Math.min(fitting, limit * 4, LARGEST_LIMIT));
}

/**
 * The limit with which a page that became too large is asked for again.
 *
 * @throws Error when it had one object only
 */
export function smallerLimit(limit: number): number {
  if (limit === 1) throw new Error("an object of the list is too large to be read");
  return Math.max(1, Math.floor(limit / 4));
}
