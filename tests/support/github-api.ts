// A stand-in for GitHub's REST API, as far as deployments need it: it knows some commits of one repository, refuses what GitHub refuses,
// and keeps what it is told. https://docs.github.com/en/rest/deployments
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'

const STATES = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success']

export interface Deployment {
  readonly id: number
  readonly sha: string
  readonly environment: string
  readonly statuses: { readonly state: string; readonly description: string }[]
}

export interface GithubApi {
  readonly server: Server
  readonly deployments: Deployment[]
  /** Command lines in which the token was seen while somebody asked. */
  readonly leaks: string[]
}

/** Listens on a port of 127.0.0.1 that it takes by itself, as soon as its server says so. */
export function githubApi(repository: string, commits: readonly string[], token: string): GithubApi {
  const deployments: Deployment[] = []
  const leaks: string[] = []
  const server = createServer(async (request, response) => {
    leaks.push(...commandLines().filter(line => line.includes(token)))
    const body = await text(request)
    const [status, answer] = isKnown(request, token)
      ? route(request, body, { repository, commits, deployments })
      : [401, { message: 'Bad credentials' }]
    response.writeHead(status as number, { 'Content-Type': 'application/json; charset=utf-8' })
    response.end(JSON.stringify(answer))
  }).listen(0, '127.0.0.1')
  return { server, deployments, leaks }
}

const isKnown = ({ headers }: IncomingMessage, token: string): boolean =>
  headers.authorization === `Bearer ${token}` && /^curl\//.test(headers['user-agent'] ?? '')

interface Known {
  readonly repository: string
  readonly commits: readonly string[]
  readonly deployments: Deployment[]
}

type Answer = readonly [status: number, body: unknown]
const refuse = (message: string): Answer => [422, { message, errors: [] }]

function route({ method, url = '' }: IncomingMessage, body: string, known: Known): Answer {
  const { pathname, searchParams } = new URL(url, 'http://api.invalid')
  const [, path] = new RegExp(`^/repos/${known.repository}/deployments(.*)$`).exec(pathname) ?? []
  if (path === '' && method === 'GET') {
    const asked = (name: 'sha' | 'environment') => searchParams.get(name)
    const found = known.deployments.filter(
      it =>
        it.sha === (asked('sha') ?? it.sha) && it.environment === (asked('environment') ?? it.environment),
    )
    return [200, found.reverse().slice(0, Number(searchParams.get('per_page') ?? 30))]
  }
  if (method !== 'POST' || path === undefined) return [404, { message: 'Not Found' }]
  const parsed = JSON.parse(body)
  if (path === '') return deploy(parsed, known)
  const deployment = known.deployments.find(({ id }) => path === `/${id}/statuses`)
  if (deployment === undefined) return [404, { message: 'Not Found' }]
  const { state, description = '' } = parsed
  if (!STATES.includes(state)) return refuse(`state ${state}`)
  if (description.length > 140) return refuse('description is too long (maximum is 140 characters)')
  deployment.statuses.push({ state, description })
  return [201, { id: 1, state, description }]
}

function deploy(asked: Record<string, unknown>, { commits, deployments }: Known): Answer {
  const { ref, environment = 'production', auto_merge = true, required_contexts } = asked
  if (typeof ref !== 'string' || !commits.includes(ref)) return refuse(`No ref found for: ${ref}`)
  if (auto_merge !== false) return [409, { message: 'Conflict merging main' }]
  if (!Array.isArray(required_contexts) || required_contexts.length > 0)
    return [409, { message: 'Conflict: Commit status checks failed' }]
  const made = { id: deployments.length + 1, sha: ref, environment: String(environment), statuses: [] }
  deployments.push(made)
  return [201, made]
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function commandLines(): string[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return '' // it ended meanwhile
      }
    })
}
