// The kinds of units that podman can run, each as its owner would write it, and the ways in which an image can be bad.
import type { Site } from './site.js'

const UP = `trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done`
/** /tmp/ok is what the health checks ask for. */
export const GOOD = ['sh', '-c', `touch /tmp/ok; ${UP}`]

export type Way = 'missing' | 'dies' | 'later' | 'unhealthy'
/** What a bad image is started with. One that is unhealthy is seen by a health check alone. */
export const WAYS: Readonly<Record<Way, readonly string[]>> = {
  missing: ['/nonexistent'],
  dies: ['sh', '-c', 'touch /tmp/ok; sleep 1; exit 3'],
  later: ['sh', '-c', 'touch /tmp/ok; sleep 6; exit 3'],
  unhealthy: ['sh', '-c', UP],
}

/** What the files of a unit need to know of its host. */
export interface Setting {
  readonly image: string
  /** A good image for whoever lives beside the unit. */
  readonly side: string
  readonly scope: 'rootful' | 'rootless'
}

type Files = Readonly<Record<string, string>>
export interface Kind {
  /** The unit to upgrade, without its suffix. */
  readonly unit?: (name: string) => string
  /** By their paths: absolute ones are root's, others are below /etc or ~/.config. `-> path` is a link. */
  readonly files: (name: string, setting: Setting) => Files
  /** Another unit that is upgraded with it. */
  readonly pair?: true
  /** A unit that nobody enabled, which has to be up on its own image whatever becomes of this one. */
  readonly mate?: true
  /** It has a health check. */
  readonly checked?: true
  /** It has no [Install], and needs `systemctl enable`. */
  readonly plain?: true
  /** Nothing starts it at boot. */
  readonly noBoot?: true
}

const RUN = 'ExecStart=/usr/bin/podman run'
const quiet = 'PodmanArgs=--stop-timeout=1\nNetwork=none\n'
const install = ({ scope }: Setting) =>
  `[Install]\nWantedBy=${scope === 'rootful' ? 'multi-user.target' : 'default.target'}\n`
const quadlet = (image: string, more: string, setting: Setting) =>
  `[Container]\nImage=${image}\n${quiet}${more}${install(setting)}`
const DIR = 'containers/systemd'
const manager = ({ scope }: Setting) => `systemd/${scope === 'rootful' ? 'system' : 'user'}`
const member = (pod: string, image: string) =>
  `[Container]\nImage=${image}\nPod=${pod}.pod\nPodmanArgs=--stop-timeout=1\n`
const pod = (setting: Setting) => `[Pod]\nNetwork=none\n${install(setting)}`

export const KINDS: Readonly<Record<string, Kind>> = {
  plain: { files: (name, on) => ({ [`${DIR}/${name}.container`]: quadlet(on.image, '', on) }) },
  always: { files: (name, on) => ({ [`${DIR}/${name}.container`]: quadlet(on.image, 'Pull=always\n', on) }) },
  dropin: {
    files: (name, on) => ({
      [`${DIR}/${name}.container`]: quadlet('localhost/none', '', on),
      [`${DIR}/${name}.container.d/zzz-owner.conf`]: `[Container]\nImage=${on.image}\n`,
    }),
  },
  deep: {
    files: (name, on) => ({ [`${DIR}/a/b/${name}.container`]: quadlet(on.image, '', on) }),
  },
  linked: {
    files: (name, on) => ({
      [`/srv/quadlets/${name}.container`]: quadlet(on.image, '', on),
      [`${DIR}/${name}.container`]: `-> /srv/quadlets/${name}.container`,
    }),
  },
  // Where a distribution puts them, or the administrator for a user.
  elsewhere: {
    files: (name, on) => ({
      [on.scope === 'rootful'
        ? `/usr/share/containers/systemd/${name}.container`
        : `/etc/containers/systemd/users/1000/${name}.container`]: quadlet(on.image, '', on),
    }),
  },
  template: {
    unit: name => `${name}@one`,
    noBoot: true,
    files: (name, on) => ({ [`${DIR}/${name}@.container`]: quadlet(on.image, 'Pull=newer\n', on) }),
  },
  kube: {
    files: (name, on) => ({
      [`${DIR}/${name}.yml`]: `apiVersion: v1
kind: Pod
metadata:
  name: ${name}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: c
    image: ${on.image}
    imagePullPolicy: Always
`,
      [`${DIR}/${name}.kube`]: `[Kube]\nYaml=${name}.yml\nNetwork=none\n${install(on)}`,
    }),
  },
  image: {
    files: (name, on) => ({
      [`${DIR}/${name}.image`]: `[Image]\nImage=${on.image}\n`,
      [`${DIR}/${name}.container`]: quadlet(`${name}.image`, '', on),
    }),
  },
  healthy: {
    checked: true,
    files: (name, on) => ({
      [`${DIR}/${name}.container`]: quadlet(
        on.image,
        'Notify=healthy\nHealthCmd=test -f /tmp/ok\nHealthInterval=3s\nHealthRetries=2\n[Service]\nTimeoutStartSec=20\n',
        on,
      ),
    }),
  },
  startup: {
    checked: true,
    files: (name, on) => ({
      [`${DIR}/${name}.container`]: quadlet(
        on.image,
        'HealthCmd=test -f /tmp/ok\nHealthInterval=3s\nHealthRetries=2\nHealthStartupCmd=test -f /tmp/ok\n' +
          'HealthStartupInterval=2s\nHealthStartupRetries=4\n',
        on,
      ),
    }),
  },
  // Two members of a pod on one image, both enabled; podman restarts a pod as a whole.
  pair: {
    pair: true,
    files: (name, on) => ({
      [`${DIR}/${name}.pod`]: pod(on),
      [`${DIR}/${name}.container`]: member(name, on.image),
      [`${DIR}/${name}-mate.container`]: member(name, on.image),
    }),
  },
  pod: {
    mate: true,
    files: (name, on) => ({
      [`${DIR}/${name}.pod`]: pod(on),
      [`${DIR}/${name}.container`]: member(name, on.image),
      [`${DIR}/${name}-mate.container`]: member(name, on.side),
    }),
  },
  bound: {
    mate: true,
    files: (name, on) => ({
      [`${DIR}/${name}.container`]: quadlet(on.image, '', on),
      [`${DIR}/${name}-mate.container`]: `[Unit]\nBindsTo=${name}.service\nAfter=${name}.service\n${quadlet(on.side, '', on)}`,
    }),
  },
  service: {
    plain: true,
    files: (name, on) => ({
      [`${manager(on)}/${name}.service`]: `[Service]
Environment=PODMAN_SYSTEMD_UNIT=%n
ExecStartPre=/usr/bin/podman pull ${on.image}
${RUN} --name=${name} --replace --rm --network=none --stop-timeout=1 -e "A=b c" ${on.image}
${install(on)}`,
    }),
  },
  generated: {
    plain: true,
    files: (name, on) => ({
      [`${manager(on)}/${name}.service`]: `[Service]
Environment=PODMAN_SYSTEMD_UNIT=%n
ExecStartPre=/bin/rm -f %t/%n.ctr-id
${RUN} --cidfile=%t/%n.ctr-id --cgroups=no-conmon --rm --sdnotify=conmon -d --replace --name ${name} --network none --stop-timeout 1 ${on.image}
ExecStop=/usr/bin/podman stop --ignore -t 1 --cidfile=%t/%n.ctr-id
ExecStopPost=/usr/bin/podman rm -f --ignore -t 1 --cidfile=%t/%n.ctr-id
Type=notify
NotifyAccess=all
${install(on)}`,
    }),
  },
}

/** Writes the files of a unit; a reload has to follow. */
export async function writeUnit(
  site: Site,
  kind: Kind | undefined,
  name: string,
  setting: Setting,
): Promise<void> {
  for (const [path, text] of Object.entries(kind?.files(name, setting) ?? {})) {
    const target = /^-> (.+)$/.exec(text)?.[1]
    if (target !== undefined) await site.link(path, target)
    else if (path.startsWith('/')) await site.host.write(path, text)
    else await site.write(path, text)
  }
}
