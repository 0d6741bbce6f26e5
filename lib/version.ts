// Pure: the version, and the oldest programs that this works with, which the build takes from package.json.
declare const POD_UPGRADE_TRIGGER_VERSION: string
declare const POD_UPGRADE_TRIGGER_OLDEST: Oldest

export const VERSION = POD_UPGRADE_TRIGGER_VERSION

/** Of each the first version that will do, such as 20.19. */
export type Oldest = Readonly<Record<'node' | 'podman' | 'systemd', string>>

export const OLDEST = POD_UPGRADE_TRIGGER_OLDEST
