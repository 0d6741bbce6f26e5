// Pure: what a person has to paste elsewhere when this host is ready: into the proxy, and at the sender. README.md says more.

export interface Pasted {
  /** With the word that strangers do not know in its path; undefined where there is no proxy yet. */
  readonly publicUrl: string | undefined
  readonly secret: string
  /** Only a new one is shown. */
  readonly isNew: boolean
  readonly envFile: string
  readonly units: readonly string[]
}

export function toPaste({ publicUrl, secret, isNew, envFile, units }: Pasted): string {
  const hook = `${publicUrl ?? 'https://HOST/PREFIX'}/hooks/github`
  const { host, pathname } = new URL(publicUrl ?? 'https://HOST/PREFIX')
  return `
In the proxy, for Caddy (README.md has nginx and tunnels):

  ${host} {
    handle_path ${pathname}/* {
      @in path /hooks/*
      reverse_proxy @in 127.0.0.1:9787
    }
    respond 404
  }

At GitHub, in the repository or organisation that owns the package, Settings, Webhooks, Add webhook:

  Payload URL   ${hook}
  Content type  application/json
  Secret        ${isNew ? secret : `GITHUB_WEBHOOK_SECRET, as it is in ${envFile}`}
  Events        Packages (or Registry packages)

A push then upgrades whichever of these follows the image: ${units.join(', ') || 'none yet'}
`
}
