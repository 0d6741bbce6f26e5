// What of README.md cannot be done word for word on a host without an internet, why, and what stands for it. Each is
// done before the step of that title; what is in none of these is run as it is written.
import { readFileSync } from 'node:fs'
import type { Host } from './host.js'
import { block, section } from './manual.js'
import { ONLY_INSTALLABLE } from './rootfs.js'
import type { Scope } from './site.js'

interface StandIn {
  /** The first words of the step's title. */
  readonly step: string
  readonly why: string
  readonly stand: (host: Host, scope: Scope) => Promise<unknown>
}

const REMOTE = /git clone (https:\S+)\//.exec(section('Run it on my host'))?.[1]
const HOST = 'hooks.example.org'
const CA = '/usr/local/share/ca-certificates/lab.crt'

export const STAND_INS: readonly StandIn[] = [
  {
    step: 'Packages',
    why: 'nobody is there to type a password for sudo, and no name server knows the host',
    stand: async host => {
      await host.write('/etc/sudoers.d/alice', 'alice ALL=(ALL) NOPASSWD: ALL\n', { mode: '440' })
      await host.sh('echo "127.0.0.1 $(hostname)" >>/etc/hosts')
    },
  },
  {
    step: 'Packages',
    why: `apt-get has no network: what it is to install is there, so that it says so and would fail for anything that
      is not; ${ONLY_INSTALLABLE} alone is left out, which was found installable when the file system was made`,
    stand: async () => {},
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
    step: 'Install',
    why: 'npm ci has no network: what it installs is linked, as old as it has to be for make to leave it alone',
    stand: host =>
      host.sh(
        `mkdir ~/pod-upgrade-trigger/node_modules; cd ~/pod-upgrade-trigger/node_modules
         ln -s /src/node_modules/* /src/node_modules/.bin .`,
        { user: 'alice' },
      ),
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
    stand: async (host, scope) => {
      await host.sh(`echo 127.0.0.1 ${HOST} >>/etc/hosts`)
      await (scope === 'rootful' ? caddy : nginx)(host)
      await host.sh('update-ca-certificates >/dev/null')
    },
  },
]

async function caddy(host: Host): Promise<void> {
  const own = '{\n\tlocal_certs\n\tskip_install_trust\n}\n'
  await host.write('/etc/caddy/Caddyfile', own + block(section('Run it on my host'), 'caddyfile'))
  await host.sh('systemctl start caddy')
  const root = '/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt'
  await host.waitFor('the certificate', async () => (await host.sh(`cp ${root} ${CA}`)) === '')
}

async function nginx(host: Host): Promise<void> {
  const key = '/etc/ssl/private/lab.key'
  await host.sh(`openssl req -x509 -newkey rsa:2048 -nodes -keyout ${key} -out ${CA} -days 2 \\
    -subj /CN=${HOST} -addext subjectAltName=DNS:${HOST} 2>/dev/null`)
  const server = `server_name ${HOST}; listen 443 ssl; ssl_certificate ${CA}; ssl_certificate_key ${key};`
  const [zone, location] = block(section('Run it on my host'), 'nginx').split('\n\n')
  await host.write('/etc/nginx/sites-enabled/hooks', `${zone}\nserver {\n${server}\n${location}}\n`)
  await host.sh('systemctl start nginx')
}

/** "The proxy has to let /api/ in too": the one line of its configuration, as README.md has it. */
export async function openApi(host: Host, scope: Scope): Promise<void> {
  const [proxy, file, line] =
    scope === 'rootful'
      ? (['caddy', '/etc/caddy/Caddyfile', /^.*@in path.*$/m] as const)
      : (['nginx', '/etc/nginx/sites-enabled/hooks', /^location .*$/m] as const)
  const [, told] = new RegExp(`for ${proxy}\\s+\`([^\`\\n]+)\``, 'i').exec(section('Ways to ask')) ?? []
  if (told === undefined) throw new Error(`README.md does not say how ${proxy} lets /api/ in`)
  const text = await host.sh(`cat ${file}`)
  await host.write(file, `${text.replace(line, told)}\n`)
  await host.sh(`systemctl reload ${proxy}`)
}

/** The body of a delivery as GitHub has sent it, for ghcr.io/you/web:latest. */
export function deliveryBody(): string {
  const url = new URL('../../fixtures/senders/github/package-published/request.http', import.meta.url)
  const [, body = ''] = readFileSync(url, 'utf8').split(/\r\n\r\n(.*)/s)
  return body.replace(/acme-corp/gi, 'you')
}
