/** The entries of a page, and the id of the last one when another page follows. */
export interface ListPage<Entry> {
  entries: Entry[];
  next: number | undefined;
}

/** The first `size` of the entries that were found; one found in addition shows that there is another page. */
export function listPage<Entry extends { id: number }>(found: Entry[], size: number): ListPage<Entry> {
  const entries = found.slice(0, size);
  return { entries, next: found.length > size ? entries.at(-1)?.id : undefined };
}
