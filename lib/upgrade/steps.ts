// The steps of an upgrade that touch podman and systemd. They give what they find, and save nothing.
import { setTimeout as sleep } from 'node:timers/promises'
import { isUp } from '../active-state.js'
import { RETRY_DELAYS_MS } from '../config/time-limits.js'
import { asCommandFailed, CommandFailed } from '../errors.js'
import { toTheEnd } from '../host/insist.js'
import { containers } from '../host/podman.js'
import { isTransient, localImage, platformsOf, pull, pullArgv, remove, tag } from '../host/podman-images.js'
import { whyNotRestartable } from '../host/restartable.js'
import { restart, startAndWait } from '../host/systemd.js'
import { log } from '../log.js'
import {
  type End,
  type ImageState,
  idsOf,
  keyOf,
  type Named,
  type Report,
  sameImages,
} from '../store/report.js'
import { canonicalImage } from '../targets/image.js'
import { type PullSource, pullSourceOf } from '../targets/pull-source.js'
import { containersOf } from '../targets/unit-containers.js'
import { sorted, tagImages } from '../targets/unit-images.js'
import { destinationOf, placeOf, type UnitSnapshot } from './inspect.js'
import type { RestartGroup } from './restart-group.js'
import { execOptions, type Run } from './run.js'
import { whyLeft } from './upgradable.js'
import { pinnedReference, rollbackReference } from './way-back/kept-images.js'
import { pin, prove } from './way-back/way-back.js'

/** What was found out on the way to a restart. */
export interface Attempt {
  readonly snapshot: UnitSnapshot
  readonly pulled: ImageState
  readonly group: RestartGroup
}

/** Pulls the unit's own references and gives what they name now. A local image is not pulled. Throws CommandFailed. */
export async function fetchImages(run: Run, snapshot: UnitSnapshot): Promise<ImageState> {
  const main = await fetchImage(run, snapshot)
  // A unit that is down has no containers to tell, but a run before this one has seen them.
  const known = new Map([...snapshot.others, ...(run.progress.report.old?.others ?? [])])
  const others: Named[] = []
  for (const [image] of sorted(known))
    others.push([image, (await fetchImage(run, { image, generated: snapshot.generated })).id])
  return { ...main, ...(others.length > 0 && { others }) }
}

async function fetchImage(
  run: Run,
  { image, generated }: Pick<UnitSnapshot, 'image' | 'generated'>,
): Promise<ImageState> {
  const source = await pullSource(run, { image, generated })
  if (!image.startsWith('localhost/') && !source.isNever)
    return { id: await pullWithRetries(run, source, image), digest: '' }
  const found = await localImage(image)
  if (found !== undefined) return found
  throw new CommandFailed(['podman', 'image', 'inspect', image], undefined, '', 'there is no such image')
}

/** The digests are for the record alone, so they are asked for when there is nothing left to hurry for. */
export async function withDigests(report: Report): Promise<Report> {
  const describe = async (image: ImageState | undefined) =>
    image?.digest === '' ? { ...image, digest: (await localImage(image.id))?.digest ?? '' } : image
  const [old, found] = await Promise.all([describe(report.old), describe(report.new)])
  return { ...report, ...(old && { old }), ...(found && { new: found }) }
}

/** How the unit itself would pull. Throws CommandFailed, also where our command line would show a password. */
export async function pullSource(
  { task, config }: Run,
  { image, generated }: Pick<UnitSnapshot, 'image' | 'generated'>,
): Promise<PullSource> {
  const asked = { unit: task.unit, image, imageUnit: generated?.imageUnit }
  const source = await pullSourceOf(config.scope, asked)
  if (!source.hasCreds) return source
  const why = 'Creds= would show the password to everybody on a command line: use AuthFile=, or podman login'
  throw new CommandFailed(pullArgv(image), undefined, '', why)
}

export async function pullWithRetries(run: Run, source: PullSource, image: string): Promise<string> {
  const argv = pullArgv(image, source.globals, source.options)
  for (let attempt = 0; ; attempt++) {
    const delayMs = RETRY_DELAYS_MS[attempt]
    try {
      return await pull(argv, { ...execOptions(run), env: source.environment })
    } catch (error) {
      const failed = asCommandFailed(error, run.signal)
      if (delayMs === undefined || !isTransient(failed.stderr)) throw failed
      await sleep(delayMs, undefined, { signal: run.signal })
    }
  }
}

/** An image for another platform is not run in place of one for this host, unless the unit asks for it. */
async function otherPlatform(
  run: Run,
  snapshot: UnitSnapshot,
  old: ImageState,
  pulled: ImageState,
): Promise<string | undefined> {
  const ids = idsOf(old)
  const platforms = await platformsOf([...ids, ...idsOf(pulled)])
  const [before, after] = [platforms.slice(0, ids.length), platforms.slice(ids.length)]
  const index = before.findIndex((platform, index) => platform !== after[index])
  if (index < 0 || (await pullSource(run, snapshot)).hasPlatform) return undefined
  return `the image that was pulled is for ${after[index]}, and what runs is for ${before[index]}`
}

/** Throws CommandFailed where the restart failed, or systemctl did not answer: each caller says what is asked again (insist). */
export async function restartUnit(run: Run, snapshot: UnitSnapshot): Promise<void> {
  const { scope } = run.config
  await restart(scope, snapshot.restartUnit, execOptions(run))
  // The pod's job ends before those of its members, which it has pulled in: without waiting, the member looks dead.
  if (snapshot.restartUnit !== run.task.unit) await startAndWait(scope, [run.task.unit], execOptions(run))
}

/**
 * What has to be before a restart: systemd would start the unit again; and where the image is another, it is for this platform, the one
 * that ran has a name, and the way back to it is proven. Gives the end where the unit is left as it is.
 */
export async function keepPrevious(
  run: Run,
  { snapshot, pulled }: Attempt,
  before: ImageState | undefined,
): Promise<End | undefined> {
  const { task, config, progress } = run
  const up = isUp(snapshot.state.ActiveState)
  const old = sameImages(before, pulled) ? undefined : before
  const [refused, other, trouble] = await toTheEnd([
    up ? whyNotRestartable(config.scope, snapshot.restartUnit) : undefined,
    old && otherPlatform(run, snapshot, old, pulled),
    old && prove(placeOf(run, snapshot), destinationOf(snapshot, old, { badId: keyOf(pulled) })),
    old && tagImages(old, other => rollbackReference(task.unit, other)),
  ])
  const end = whyLeft({ refused, other, trouble: config.withoutWayBack || !up ? undefined : trouble })
  if (end === undefined) {
    if (trouble !== undefined) log('warning', `${task.unit} is upgraded without a way back: ${trouble}`)
    if (old !== undefined)
      for (const unit of progress.report.mates ?? []) await tag(old.id, rollbackReference(unit))
    return undefined
  }
  const { previous, pin: found } = snapshot
  if (old !== undefined && previous !== undefined)
    await tagImages(previous, other => rollbackReference(task.unit, other))
  if (found !== undefined) await pin(placeOf(run, snapshot))
  await restoreReference(run, snapshot)
  return end
}

/** The image before the last, and bad ones: of no use any more, unless a container or a name says otherwise. */
export async function removeReplaced(
  run: Run,
  { previous, pinned }: UnitSnapshot,
  pulled: ImageState,
): Promise<void> {
  const { old } = run.progress.report
  const kept = [pulled, old].flatMap(images => (images ? idsOf(images) : []))
  if (pinned !== undefined && !idsOf(pinned).every(id => kept.includes(id)))
    await tagImages(old ?? pulled, other => pinnedReference(run.task.unit, other))
  const bad = [...run.badImages.keys()].flatMap(key => key.split('+'))
  const ids = [previous, pinned].flatMap(images => (images ? idsOf(images) : []))
  for (const id of new Set([...ids, ...bad])) if (!kept.includes(id)) await remove(id)
}

/** Not where somebody else runs the new image well by the same reference. */
export async function restoreReference(
  { task, config, progress }: Run,
  { image }: UnitSnapshot,
): Promise<void> {
  const { local, new: tried } = progress.report
  if (local === undefined || tried === undefined || sameImages(local, tried)) return
  const all = await containers()
  const own = await containersOf(config.scope, task.unit, all)
  const isUsed = (reference: string, id: string | undefined) =>
    all.some(
      other =>
        !own.includes(other) &&
        other.imageId === id &&
        other.state === 'running' &&
        canonicalImage(other.image) === canonicalImage(reference),
    )
  const before = [[image, local.id] as const, ...(local.others ?? [])]
  const now = new Map([[image, tried.id] as const, ...(tried.others ?? [])])
  for (const [reference, id] of before)
    if (id !== now.get(reference) && !isUsed(reference, now.get(reference))) await tag(id, reference)
}
