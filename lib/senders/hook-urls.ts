// Pure: where the webhooks of a unit are. A token that belongs into a URL is not in it: it is a secret.
import type { Config } from '../config/config.js'
import { SENDER_NAMES } from '../config/sender-names.js'

/** One for each sender with a secret: what to paste there, or its path where WEBHOOK_PUBLIC_URL is not set. */
export const hookUrls = (
  unit: string,
  { senders, publicUrl = '' }: Pick<Config, 'senders' | 'publicUrl'>,
): readonly string[] =>
  SENDER_NAMES.filter(name => senders[name].secrets.length > 0).map(
    name => `${publicUrl}/hooks/${name}/${unit.replace(/\.service$/, '')}`,
  )
