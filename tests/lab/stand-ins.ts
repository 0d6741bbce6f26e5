// What of the manual cannot be done word for word on a host without an internet, why, and what stands for it. Each is
// done before the step of that title; what is in none of these is run as it is written.
import { readFileSync } from 'node:fs'
import type { Host } from './host.js'
import { block, section } from './manual.js'
import type { Owned } from './owned.js'
import { ONLY_INSTALLABLE } from './rootfs.js'
import type { Scope } from './site.js'

interface StandIn {
  /** The first words of the step's title. */
  readonly step: string
  readonly why: string
  /** `pasted` is what setup has printed, or nothing where it was not asked. */
  readonly stand: (host: Host, scope: Scope, pasted: string) => Promise<unknown>
}

const REMOTE = /git clone (https:\S+)\//.exec(section('From source'))?.[1]
const HOST = 'hooks.example.org'
const CA = '/usr/local/share/ca-certificates/lab.crt'
/** Of a host that answers in place of GitHub. */
const GITHUB = {
  key: '/etc/ssl/private/lab-github.key',
  cert: '/usr/local/share/ca-certificates/lab-github.crt',
}

const SUDO: StandIn['stand'] = async host => {
  await host.write('/etc/sudoers.d/alice', 'alice ALL=(ALL) NOPASSWD: ALL\n', { mode: '440' })
  await host.sh('grep -q "$(hostname)" /etc/hosts || echo "127.0.0.1 $(hostname)" >>/etc/hosts')
}

/** Of README.md. */
export const STAND_INS: readonly StandIn[] = [
  {
    step: 'Install',
    why: 'nobody is there to type a password for sudo, and no name server knows the host',
    stand: SUDO,
  },
  {
    step: 'Install',
    why: `GitHub is not there: this host is, under its name, and gives the release as that does, from elsewhere; apt-get has no network
      either, and would fail for anything that is not there`,
    stand: async host => {
      await host.sh(`echo 127.0.0.1 github.com >>/etc/hosts; ${certificate('github.com', GITHUB)}
        update-ca-certificates >/dev/null`)
      await host.write('/run/lab-github.mjs', RELEASES)
      await host.sh('systemd-run --quiet --unit=lab-github node /run/lab-github.mjs')
      await host.waitFor('its port', async () => (await host.sh('ss -Hltn sport = :443')) !== '')
    },
  },
  {
    step: 'A container',
    why: 'ghcr.io is not there: podman is told to find it in the registry of the lab',
    stand: host =>
      host.write(
        '/etc/containers/registries.conf.d/ghcr.conf',
        '[[registry]]\nprefix = "ghcr.io"\nlocation = "localhost:5000"\ninsecure = true\n',
      ),
  },
  {
    step: 'A container',
    why: "web.container is written by somebody's editor; a drop-in says what the lab needs: no network of its own",
    stand: async (host, scope) => {
      const user = scope === 'rootful' ? {} : ({ user: 'alice' } as const)
      const quadlet = `${scope === 'rootful' ? '/etc' : '/home/alice/.config'}/containers/systemd/web.container`
      await host.write(quadlet, block(section('Run it on my host'), 'ini'), user)
      await host.write(`${quadlet}.d/lab.conf`, '[Container]\nNetwork=none\n', user)
    },
  },
  {
    step: 'Let the internet in',
    why: `nobody can reach a certificate authority: Caddy is its own, and nginx has a certificate that is made here; the
      name of the host is in /etc/hosts. The tunnels need accounts and are not tried`,
    stand: async (host, scope, pasted) => {
      await host.sh(`systemctl stop lab-github; echo 127.0.0.1 ${HOST} >>/etc/hosts`)
      await letIn(host, scope, pasted)
    },
  },
]

/** Of units/doc/install.md, on a host where README.md was followed before. */
export const STAND_INS_FROM_SOURCE: readonly StandIn[] = [
  {
    step: 'Packages',
    why: `apt-get has no network: what it is to install is there, so that it says so and would fail for anything that
      is not; ${ONLY_INSTALLABLE} alone is left out, which was found installable when the file system was made`,
    stand: SUDO,
  },
  {
    step: 'Source',
    why: 'GitHub is not there: git is told to find it in a repository of these sources',
    stand: host =>
      host.sh(
        `git config --global url.file:///home/alice/origin/.insteadOf ${REMOTE}/
         git init --quiet --bare ~/origin/pod-upgrade-trigger
         git() { command git --git-dir="$HOME/origin/pod-upgrade-trigger" -c user.name=alice -c user.email=alice@localhost "$@"; }
         git --work-tree=/src add --all; git --work-tree=/src commit --quiet --message=all`,
        { user: 'alice' },
      ),
  },
  {
    step: 'Build and install',
    why: 'npm ci has no network: what it installs is linked, as old as it has to be for make to leave it alone',
    stand: host =>
      host.sh(
        `mkdir ~/pod-upgrade-trigger/node_modules; cd ~/pod-upgrade-trigger/node_modules
         ln -s /src/node_modules/* /src/node_modules/.bin .`,
        { user: 'alice' },
      ),
  },
  {
    step: 'Where this is',
    why: 'the proxy is there from before: it is given the lines of the manual as they stand there',
    stand: (host, scope) => letIn(host, scope, ''),
  },
]

/** Gives what is in /release under the name that GitHub has for it, by way of another URL. */
const RELEASES = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { basename } from 'node:path'
const [key, cert] = ['${GITHUB.key}', '${GITHUB.cert}'].map(path => readFileSync(path))
createServer({ key, cert }, ({ url }, response) => {
  const name = basename(url)
  const version = /_(.*)_/.exec(name)?.[1]
  if (url.endsWith('/pod-upgrade-trigger/releases/download/v' + version + '/' + name)) response.writeHead(302, { Location: '/asset/' + name }).end()
  else if (url.startsWith('/asset/')) response.end(readFileSync('/release/' + name))
  else response.writeHead(404).end()
}).listen(443)
`

const certificate = (name: string, { key, cert }: { key: string; cert: string }): string =>
  `openssl req -x509 -newkey rsa:2048 -nodes -keyout ${key} -out ${cert} -days 2 \\
    -subj /CN=${name} -addext subjectAltName=DNS:${name} 2>/dev/null`

/** Through the proxy, whose lines are those that setup has printed, or those of the manual. */
async function letIn(host: Host, scope: Scope, pasted: string): Promise<void> {
  await (scope === 'rootful' ? caddy : nginx)(host, pasted)
  await host.sh('update-ca-certificates >/dev/null')
}

async function caddy(host: Host, pasted: string): Promise<void> {
  const own = '{\n\tlocal_certs\n\tskip_install_trust\n}\n'
  const [printed] = /^ {2}\S+ \{\n.*?^ {2}\}\n/ms.exec(pasted) ?? []
  const lines = printed ?? block(section('Run it on my host'), 'caddyfile')
  await host.write('/etc/caddy/Caddyfile', own + lines)
  await host.sh('systemctl restart caddy')
  const root = '/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt'
  await host.waitFor('the certificate', async () => (await host.sh(`cp ${root} ${CA}`)) === '')
}

async function nginx(host: Host, pasted: string): Promise<void> {
  const key = '/etc/ssl/private/lab.key'
  const [, prefix = 'PREFIX'] = /handle_path \/(\S+)\/\*/.exec(pasted) ?? []
  await host.sh(certificate(HOST, { key, cert: CA }))
  const server = `server_name ${HOST}; listen 443 ssl; ssl_certificate ${CA}; ssl_certificate_key ${key};`
  const said = block(section('Proxies and tunnels'), 'nginx').replaceAll('PREFIX', prefix)
  const [zone, location] = said.split('\n\n')
  await host.write('/etc/nginx/sites-enabled/hooks', `${zone}\nserver {\n${server}\n${location}}\n`)
  await host.sh('systemctl restart nginx')
}

/** "The proxy has to let /api/ in too": the one line of its configuration, as units/doc/api.md has it. */
export async function openApi({ host, scope, payloadUrl }: Owned): Promise<void> {
  const [proxy, file, line] =
    scope === 'rootful'
      ? (['caddy', '/etc/caddy/Caddyfile', /^.*@in path.*$/m] as const)
      : (['nginx', '/etc/nginx/sites-enabled/hooks', /^location .*$/m] as const)
  const [, told] = new RegExp(`for ${proxy}\\s+\`([^\`\\n]+)\``, 'i').exec(section('Ways to ask')) ?? []
  if (told === undefined) throw new Error(`units/doc/api.md does not say how ${proxy} lets /api/ in`)
  const [, prefix = ''] = new URL(await payloadUrl()).pathname.split('/')
  const text = await host.sh(`cat ${file}`)
  await host.write(file, `${text.replace(line, () => told.replace('PREFIX', prefix))}\n`)
  await host.sh(`systemctl reload ${proxy}`)
}

/** The body of a delivery as GitHub has sent it, for ghcr.io/you/web:latest. */
export function deliveryBody(): string {
  const url = new URL('../../fixtures/senders/github/package-published/request.http', import.meta.url)
  const [, body = ''] = readFileSync(url, 'utf8').split(/\r\n\r\n(.*)/s)
  return body.replace(/acme-corp/gi, 'you')
}
