// Pure: what systemd calls the state of a unit, in the one distinction that matters here.

/** ActiveState of a unit that runs, or is about to. */
export const isUp = (state: string): boolean =>
  ['active', 'activating', 'reloading', 'refreshing'].includes(state)
