// Pure: the word that somebody meant who made a slip of the pen.

/** The known word that is at most two letters away (inserted, left out or another), where one is. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const near = known.map(candidate => ({ candidate, away: distance(word, candidate) }))
  return near.filter(({ away }) => away <= 2).sort((one, other) => one.away - other.away)[0]?.candidate
}

/** Levenshtein's. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (const [index, letter] of [...one].entries()) {
    const next = [index + 1]
    for (const [column, wanted] of [...other].entries())
      next.push(
        Math.min(
          (row[column] ?? 0) + (letter === wanted ? 0 : 1),
          (row[column + 1] ?? 0) + 1,
          (next[column] ?? 0) + 1,
        ),
      )
    row = next
  }
  return row[other.length] ?? 0
}
