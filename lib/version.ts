// The version has one place, package.json; the build puts it here.
declare const POD_UPGRADE_TRIGGER_VERSION: string

export const VERSION = POD_UPGRADE_TRIGGER_VERSION
