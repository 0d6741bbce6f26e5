// Images without a network: a folder with a static busybox, imported and pushed to the lab's registry. It happens in a
// mount namespace where every place in which podman keeps something is an empty tmpfs, so that the stores under test,
// their locks and their event log never see it, and nothing has to be taken away afterwards.
import type { Host } from './host.js'

export interface ImageOptions {
  /** Stands in the file /version and in the label `version`. Two versions never have the same image id. */
  readonly version: string
  /** Default: says its version, then waits, and ends with 0 at SIGTERM. */
  readonly cmd?: readonly string[]
  /** More of what `podman import --change` takes: `ENV A=b`, `LABEL a=b`, `STOPSIGNAL SIGKILL`, … */
  readonly changes?: readonly string[]
  /** As a list of images, one for each architecture, with `VERSION-ARCH` in /version; all of them run here. */
  readonly architectures?: readonly string[]
}

// As process 1 a bare `sleep` ignores SIGTERM, and every restart would last ten seconds.
const PATIENT = `trap 'exit 0' TERM; echo "version $(cat /version) is up"; while :; do sleep 3600 & wait $!; done`

const PUSH = `
ref=$1 version=$2 architectures=$3; shift 3
for place in /var/lib/containers /run/containers /run/libpod /dev/shm /tmp; do
  mkdir -p "$place"; mount -t tmpfs tmpfs "$place"
done
podman() { command podman --events-backend=none "$@"; }
made() { printf '%s\\n' "$1" >/tmp/version; shift; tar -c -C /usr/local/share/lab-image . -C /tmp ./version | podman import --quiet "$@"; }
if [ -z "$architectures" ]; then
  made "$version" "$@" - "$ref" >/dev/null
  podman push --quiet "$ref"
  podman image inspect --format '{{.Id}}' "$ref"
else
  podman manifest create list >/dev/null
  for arch in $architectures; do
    made "$version-$arch" --arch=$arch "$@" - "localhost/made:$arch" >/dev/null
    podman manifest add list "containers-storage:localhost/made:$arch" >/dev/null
  done
  podman manifest push --quiet --all list "docker://$ref"
fi
`

/** Makes an image and pushes it as `ref`. Gives the id of one, as `podman image inspect` says it after a pull: 64 hex digits. */
export function pushImage(host: Pick<Host, 'sh'>, ref: string, image: ImageOptions): Promise<string> {
  const { version, cmd = ['sh', '-c', PATIENT], changes = [], architectures = [] } = image
  const all = [`CMD ${JSON.stringify(cmd)}`, `LABEL version=${JSON.stringify(version)}`, ...changes]
  const args = [PUSH, 'sh', ref, version, architectures.join(' '), ...all.map(change => `--change=${change}`)]
  return host.sh('exec unshare --mount /bin/sh -euc "$@"', { args })
}
