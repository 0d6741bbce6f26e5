// Being told to stop, by systemd or at a terminal.

/**
 * Aborted by the first SIGTERM or SIGINT; a second one ends the process as usual. Not process.once: while a command
 * runs, execa listens too, and ends the process at once where it finds itself the only listener that is left.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (!controller.signal.aborted) return controller.abort(new Error(`stopped by ${name}`))
      process.removeAllListeners(name)
      process.kill(process.pid, name)
    })
  }
  return controller.signal
}
