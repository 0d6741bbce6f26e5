// What a person is told to paste: it is what works, and a secret that is not new is not shown.
import t from 'tap'
import { type Pasted, toPaste } from '../../lib/setup/to-paste.js'

const GITHUB: Pasted = {
  publicUrl: 'https://hooks.example.org/PREFIX',
  sender: 'github',
  isInUrl: false,
  secret: 'a-new&secret',
  isNew: true,
  envFile: '/etc/env',
  units: ['web.service', 'db.service'],
}
const QUAY: Pasted = { ...GITHUB, sender: 'quay', isInUrl: true, units: [] }

t.test('GitHub, which is told its events', async t => {
  t.equal(
    toPaste(GITHUB),
    `
In the proxy, for Caddy (man pod-upgrade-trigger-internet has nginx and tunnels):

  hooks.example.org {
    handle_path /PREFIX/* {
      @in path /hooks/*
      reverse_proxy @in 127.0.0.1:9787
    }
    respond 404
  }

At GitHub, in the repository or organisation that owns the package, Settings, Webhooks, Add webhook:

  Payload URL   https://hooks.example.org/PREFIX/hooks/github
  Secret        a-new&secret
  Content type  application/json
  Events        Packages (or Registry packages)

A push then upgrades whichever of these follows the image: web.service, db.service
`,
  )
})

t.test('another sender, without a proxy and a unit as yet, whose secret is in the URL', async t => {
  const text = toPaste({ ...QUAY, publicUrl: undefined })
  t.match(text, '\n  host {\n    handle_path /PREFIX/* {\n')
  t.match(text, '\nAt the sender, as man pod-upgrade-trigger-senders says of quay:\n')
  t.match(text, '\n  Payload URL   https://HOST/PREFIX/hooks/quay?token=a-new%26secret\n\n')
  t.match(text, /: none yet\n$/)
  t.notMatch(text, 'Content type')
})

t.test('a secret that is not new', async t => {
  const text = toPaste({ ...GITHUB, isNew: false })
  t.match(text, '\n  Secret        GITHUB_WEBHOOK_SECRET, as it is in /etc/env\n')
  t.notMatch(text, 'a-new')
  const inUrl = toPaste({ ...QUAY, isNew: false })
  t.match(inUrl, '/hooks/quay?token=SECRET\n  SECRET        QUAY_WEBHOOK_SECRET, as it is in /etc/env\n')
  t.notMatch(inUrl, 'a-new')
})
