// Pure: what is known of one upgrade: stored with its task, shown, and sent to WEBHOOK_NOTIFY_COMMAND.
import type { Outcome } from '../config/outcomes.js'

export type { Outcome }

/** A reference and an image id. */
export type Named = readonly [reference: string, id: string]

/** The images of a unit. */
export interface ImageState {
  /** Of the container that the unit is for. */
  readonly id: string
  /** Of what the tag named when it was pulled, which may be a list of platforms; empty where podman knows none. */
  readonly digest: string
  /** Of its other containers, in the order of their references. */
  readonly others?: readonly Named[]
}

/** All ids, the main one first. */
export const idsOf = ({ id, others = [] }: ImageState): readonly string[] => [
  id,
  ...others.map(([, id]) => id),
]

/** One word for all of them: they are good or bad together. */
export const keyOf = (images: ImageState): string => idsOf(images).join('+')

export const sameImages = (one: ImageState | undefined, other: ImageState | undefined): boolean =>
  one !== undefined && other !== undefined && keyOf(one) === keyOf(other)

/** The last step begun; what is needed to go on after a kill. Order: look, keep, pull, restart, watch, rollback. */
export type Step = 'look' | 'keep' | 'pull' | 'restart' | 'watch' | 'rollback'

/** How an upgrade ended. */
export type End = Required<Pick<Report, 'outcome'>> & Pick<Report, 'why'>

export interface Report {
  readonly outcome?: Outcome
  /** Why, for a person; absent where the outcome says it all. */
  readonly why?: string
  readonly step?: Step
  /** What ran before, and what the reference named after the pull. */
  readonly old?: ImageState
  readonly new?: ImageState
  /** What the reference named on this host before the pull: restored where the new image is not kept. */
  readonly local?: ImageState
  /** Why a person wants the unit to stay on what it is rolled back to. */
  readonly hold?: string
  /** The units that were up and need this one: started again where they went down with the new image. */
  readonly dependents?: readonly string[]
  /** Those of them that ran the same image: what is bad for the unit is bad for them. */
  readonly mates?: readonly string[]
  /** Of a unit that is not restarted: the InvocationID of its run before; one of another has run the staged image. */
  readonly invocation?: string
  /** How long each step took, ms. */
  readonly steps?: Readonly<Partial<Record<Step, number>>>
  /** The unit's last log lines, control characters escaped and passwords masked; only where its owner wants them to be told. */
  readonly journal?: string
}
