// Upgrades that touch each other take turns (lib/upgrade/restart-group.ts): a kernel lock for each unit that one touches, and for
// the image, whose name on this host one that fails sets back.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileNameOf } from './file-name.js'
import { type Lock, lock } from './lock.js'

const POLL_MS = 500

/** One restart at a time of units that touch each other, watch included. */
export class GroupLock {
  readonly #stateDir: string
  readonly #signal: AbortSignal
  #image: Lock | undefined
  #units: readonly Lock[] = []

  constructor(stateDir: string, signal: AbortSignal) {
    this.#stateDir = stateDir
    this.#signal = signal
  }

  /** Before the first look: waits until no other task restarts the unit, or upgrades to the image, which is ours from then on. */
  async acquireImage(unit: string, image: string): Promise<void> {
    const turn = await this.#wait(`turn-${unit}`)
    turn.held.release()
    this.#image = (await this.#wait(`image-${image}`)).held
  }

  /** Waits until no other task restarts, or watches, any of these units. Gives whether it had to: then look again. */
  async acquire(units: readonly string[]): Promise<boolean> {
    if (this.#units.length > 0) return false
    let waited = false
    // In order of their names, so that no two tasks wait for each other. Whoever holds one has a time limit of its own.
    for (const unit of units) {
      const turn = await this.#wait(`turn-${unit}`)
      waited ||= turn.waited
      this.#units = [...this.#units, turn.held]
    }
    return waited
  }

  release(): void {
    for (const held of this.#units) held.release()
    this.#image?.release()
  }

  async #wait(name: string): Promise<{ readonly held: Lock; readonly waited: boolean }> {
    const path = join(this.#stateDir, 'locks', `${fileNameOf(name)}.lock`)
    for (let waited = false; ; waited = true) {
      const held = lock(path, 0)
      if (held !== undefined) return { held, waited }
      await sleep(POLL_MS, undefined, { signal: this.#signal })
    }
  }
}
