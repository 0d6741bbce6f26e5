// Paths as they are written: one spelling each but for the unit, everything else is 404. A wrong method says which ones are right.
import t from 'tap'
import { findRoute, pathOf, queryOf } from '../../lib/request/route.js'

/** A route as a row shows it. */
function shown(method: string, target: string): string {
  const found = findRoute(method, target)
  if ('status' in found) return [found.status, found.headers?.['Allow']].filter(Boolean).join(' ')
  if (found.kind === 'task') return `task ${found.id}`
  if (found.kind === 'trigger') return `trigger ${found.unit ?? '*'}`
  if (found.kind !== 'hook') return found.kind
  return [found.sender, found.unit ?? '*', ...(found.redeploy ? ['redeploy'] : [])].join(' ')
}

t.test('findRoute', async t => {
  const rows: readonly (readonly [why: string, request: string, route: string])[] = [
    ['health', 'GET /health', 'health'],
    ['health without its body', 'HEAD /health', 'health'],
    ['a query is not part of the path', 'GET /health?x=1', 'health'],
    ['nothing is posted to health', 'POST /health', '405 GET, HEAD'],
    ['a hook finds units by image', 'POST /hooks/github', 'github *'],
    ['a hook names its unit', 'POST /hooks/github/web', 'github web.service'],
    ['with its suffix', 'POST /hooks/github/web.service', 'github web.service'],
    ['an instance', 'POST /hooks/github/app@one', 'github app@one.service'],
    ['a restart in any case', 'POST /hooks/github/web/redeploy', 'github web.service redeploy'],
    ['a unit of that name', 'POST /hooks/github/redeploy', 'github redeploy.service'],
    ['a query holds what it likes', 'POST /hooks/github?secret=x/y', 'github *'],
    ['a hook is not read', 'GET /hooks/github', '405 POST'],
    ['not even its head', 'HEAD /hooks/github/web', '405 POST'],
    ['nor replaced', 'PUT /hooks/github', '405 POST'],
    ['nor deleted', 'DELETE /hooks/github/web/redeploy', '405 POST'],
    ['TRACE shows nothing', 'TRACE /hooks/github', '405 POST'],
    ['OPTIONS allows nobody', 'OPTIONS /hooks/github', '405 POST'],
    ['a method in lower case is another method', 'post /hooks/github', '405 POST'],
    ['the page', 'GET /', 'page'],
    ['the page without its body', 'HEAD /', 'page'],
    ['nothing is posted to the page', 'POST /', '405 GET, HEAD'],
    ['the units', 'GET /api/v1/units', 'units'],
    ['the tasks', 'GET /api/v1/tasks?limit=1', 'tasks'],
    ['the events', 'GET /api/v1/events', 'events'],
    ['a list has a head, which nobody needs', 'HEAD /api/v1/units', '405 GET'],
    ['a task', 'GET /api/v1/tasks/5', 'task 5'],
    ['the last of them', 'GET /api/v1/tasks/999999999999999', 'task 999999999999999'],
    ['one that is no safe number', 'GET /api/v1/tasks/1000000000000000', '404'],
    ['a task by another spelling', 'GET /api/v1/tasks/05', '404'],
    ['a task before the first', 'GET /api/v1/tasks/0', '404'],
    ['a task by a word', 'GET /api/v1/tasks/x5', '404'],
    ['a task with more to its number', 'GET /api/v1/tasks/5x', '404'],
    ['something of a task', 'GET /api/v1/tasks/5/report', '404'],
    ['nothing of a task', 'GET /api/v1/tasks/5/', '404'],
    ['a task is not posted', 'POST /api/v1/tasks/5', '405 GET'],
    ['an event by its number', 'GET /api/v1/events/5', '404'],
    ['whatever fits', 'POST /api/v1/trigger', 'trigger *'],
    ['to trigger is not to read', 'GET /api/v1/trigger', '405 POST'],
    ['a unit that is triggered elsewhere', 'POST /api/v1/trigger/web', '404'],
    ['a unit', 'POST /api/v1/units/web/trigger', 'trigger web.service'],
    ['a unit is not read', 'GET /api/v1/units/web', '404'],
    ['a trigger is not read', 'GET /api/v1/units/web/trigger', '405 POST'],
    ['another verb', 'POST /api/v1/units/web/restart', '404'],
    ['a unit that is none', 'POST /api/v1/units/-H/trigger', '404'],
    ['an empty one', 'POST /api/v1/units//trigger', '404'],
    ['something after trigger', 'POST /api/v1/units/web/trigger/extra', '404'],
    ['a slash after it', 'POST /api/v1/units/web/trigger/', '404'],
    ['a verb of tasks', 'POST /api/v1/tasks/web/trigger', '404'],
    ['a verb without a unit', 'POST /api/v1/units', '405 GET'],
    ['another noun', 'GET /api/v1/secrets', '404'],
    ['a slash after a list', 'GET /api/v1/units/', '404'],
    ['another version', 'GET /api/v2/units', '404'],
    ['no noun', 'GET /api/v1/', '404'],
    ['for clients that can only get', 'GET /auto-update', 'auto-update'],
    ['an update of podman', 'POST /auto-update', 'auto-update'],
    ['a method of neither', 'PUT /auto-update', '405 POST, GET'],
    ['nothing', 'GET ', '400'],
    ['no such sender', 'POST /hooks/gitnub', '404'],
    ['no sender', 'POST /hooks', '404'],
    ['an empty sender', 'POST /hooks/', '404'],
    ['something of every object', 'POST /hooks/constructor', '404'],
    ['a slash at the end', 'POST /hooks/github/', '404'],
    ['a slash at the end of health', 'GET /health/', '404'],
    ['two slashes', 'POST //hooks/github', '404'],
    ['two slashes inside', 'POST /hooks//github', '404'],
    ['upper case', 'POST /HOOKS/github', '404'],
    ['upper case of the sender', 'POST /hooks/GitHub', '404'],
    ['an encoded letter', 'POST /hooks/%67ithub', '404'],
    ['an encoded dot segment', 'POST /hooks/x/%2e%2e/github', '404'],
    ['a dot segment', 'POST /hooks/../hooks/github', '404'],
    ['a dot', 'POST /./hooks/github', '404'],
    ['a parameter of the path', 'POST /hooks/github;x=1', '404'],
    ['something after redeploy', 'POST /hooks/github/web/redeploy/x', '404'],
    ['a slash after redeploy', 'POST /hooks/github/web/redeploy/', '404'],
    ['something else than redeploy', 'POST /hooks/github/web/restart', '404'],
    ['an empty unit', 'POST /hooks/github//redeploy', '404'],
    ['a unit that is an option', 'POST /hooks/github/-H', '404'],
    ['a unit that is a command', 'POST /hooks/github/x@$(id).service', '404'],
    ['a unit that is encoded, as clients do it', 'POST /hooks/github/app%40one', 'github app@one.service'],
    ['an encoded path is no unit', 'POST /hooks/github/%2e%2e%2fetc', '404'],
    ['a % that encodes nothing', 'POST /hooks/github/web%', '404'],
    ['a unit that cannot run', 'POST /hooks/github/app@', '404'],
    ['the root of an encoded slash', 'POST /hooks%2Fgithub', '404'],
    ['an absolute form', 'POST http://evil.example/hooks/github', '400'],
    ['an absolute form of ourselves', 'POST http://127.0.0.1:9787/hooks/github', '400'],
    ['the form for CONNECT', 'CONNECT evil.example:443', '400'],
    ['the form for OPTIONS', 'OPTIONS *', '400'],
    ['a fragment', 'POST /hooks/github#x', '400'],
    ['a fragment of the query', 'POST /hooks/github?x#y', '400'],
  ]
  for (const [why, request, expected] of rows) {
    const space = request.indexOf(' ')
    t.equal(shown(request.slice(0, space), request.slice(space + 1)), expected, `${why}: ${request}`)
  }
})

t.test('pathOf leaves out what may hold a token', async t => {
  t.equal(pathOf('/hooks/github?token=abc'), '/hooks/github')
  t.equal(pathOf('/hooks/github?a?b'), '/hooks/github')
  t.equal(pathOf('?token=abc'), '')
  t.equal(pathOf('/'), '/')
})

t.test('queryOf: of a name that is there twice the last one counts', async t => {
  t.strictSame(queryOf('/api/v1/tasks?limit=1&unit=a%20b&limit=2'), { limit: '2', unit: 'a b' })
  t.strictSame(queryOf('/api/v1/tasks'), {})
})
