// Pure: the version, which the build takes from package.json.
declare const POD_UPGRADE_TRIGGER_VERSION: string

export const VERSION = POD_UPGRADE_TRIGGER_VERSION
