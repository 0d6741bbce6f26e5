// Pure: who asks, where a proxy does it for them: each proxy appends to X-Forwarded-For the address that it saw, and what was there
// before may be anybody's invention. So it is read from its end, for as long as those who wrote it are trusted.
import { BlockList, isIP } from 'node:net'

/** What a peer without an address is called: one of a socket file. */
const UNIX = 'unix'

/**
 * The last address that none of the `trusted` (addresses, networks in CIDR notation, `unix`) answers for. `peer` is the connection's
 * own: undefined for a socket file. `forwarded` are the values of X-Forwarded-For, in their order.
 */
export function clientAddress(
  peer: string | undefined,
  forwarded: readonly string[],
  trusted: readonly string[],
): string | undefined {
  const isTrusted = matcher(trusted)
  let client = peer
  for (const entry of forwarded.flatMap(value => value.split(',')).reverse()) {
    const address = entry.trim()
    if (!isTrusted(client ?? UNIX) || isIP(address) === 0) break
    client = address
  }
  return client
}

function matcher(trusted: readonly string[]): (peer: string) => boolean {
  const list = new BlockList()
  for (const text of trusted.filter(text => text !== UNIX)) {
    const [address = '', bits] = text.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return peer =>
    peer === UNIX ? trusted.includes(UNIX) : list.check(peer, isIP(peer) === 6 ? 'ipv6' : 'ipv4')
}
