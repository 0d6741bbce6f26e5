// Pure: who may send webhooks, by their word in the path: /hooks/<name>. The list is here, on a floor that the configuration can see;
// what each of them sends is in lib/senders/.

export const SENDER_NAMES = [
  'github',
  'forgejo',
  'gitea',
  'distribution',
  'gitlab',
  'quay',
  'dockerhub',
  'harbor',
  'zot',
  'standard',
  'acr',
  'ecr',
] as const

export type SenderName = (typeof SENDER_NAMES)[number]

export const isSenderName = (name: string | undefined): name is SenderName =>
  SENDER_NAMES.some(known => known === name)

export type SecretVariable = `${Uppercase<SenderName>}_WEBHOOK_SECRET`
export type RegistryVariable = `${Uppercase<SenderName>}_REGISTRY`

/** The variable that has the secrets of a sender. */
export const secretVariable = (name: SenderName): SecretVariable =>
  `${name.toUpperCase() as Uppercase<SenderName>}_WEBHOOK_SECRET`

/** The variable that has the host which units pull from, where pushes name another one, or none. */
export const registryVariable = (name: SenderName): RegistryVariable =>
  `${name.toUpperCase() as Uppercase<SenderName>}_REGISTRY`

/** Something for each sender. */
export const forEachSender = <T>(make: (name: SenderName) => T): Readonly<Record<SenderName, T>> =>
  Object.fromEntries(SENDER_NAMES.map(name => [name, make(name)])) as Record<SenderName, T>
