// Who is recorded as the client: what a stranger writes into the header is believed by nobody.
import t from 'tap'
import { clientAddress } from '../../lib/http/client-address.js'

const PROXY = '127.0.0.1'
const CLIENT = '203.0.113.9'

const TABLE: readonly (readonly [
  why: string,
  peer: string | undefined,
  forwarded: readonly string[],
  trusted: readonly string[],
  client: string | undefined,
])[] = [
  ['nobody is trusted unless it is said', PROXY, [CLIENT], [], PROXY],
  ['a proxy says who asked', PROXY, [CLIENT], [PROXY], CLIENT],
  ['a proxy that adds to what a client invented', PROXY, [`198.51.100.1, ${CLIENT}`], [PROXY], CLIENT],
  ['the same, in a header of its own', PROXY, ['198.51.100.1', CLIENT], [PROXY], CLIENT],
  ['two proxies, one behind the other', PROXY, [`${CLIENT}, 10.1.2.3`], [PROXY, '10.0.0.0/8'], CLIENT],
  ['somebody who comes past the proxy', CLIENT, ['198.51.100.1'], [PROXY], CLIENT],
  ['what is no address ends it', PROXY, [`${CLIENT}, unknown`], [PROXY], PROXY],
  ['an address with a port is none', PROXY, [`${CLIENT}:4711`], [PROXY], PROXY],
  ['an empty header', PROXY, [''], [PROXY], PROXY],
  [
    'who is trusted throughout is the first of them',
    PROXY,
    ['10.0.0.1, 10.0.0.2'],
    [PROXY, '10.0.0.0/8'],
    '10.0.0.1',
  ],
  ['IPv6', '::1', ['2001:db8::9'], ['::1'], '2001:db8::9'],
  ['an IPv6 network', 'fd00::2', [CLIENT], ['fd00::/8'], CLIENT],
  ['a socket file', undefined, [CLIENT], ['unix'], CLIENT],
  ['a socket file that nobody trusts', undefined, [CLIENT], [PROXY], undefined],
  ['a peer is no socket file because it is not known', PROXY, [CLIENT], ['unix'], PROXY],
]

for (const [why, peer, forwarded, trusted, client] of TABLE) {
  t.test(why, async t => {
    t.equal(clientAddress(peer, forwarded, trusted), client)
  })
}
