// Every parser that is given what a stranger wrote: it gives a value or says no, and what it gives is what it promises.
// None of them throws, whatever it reads; a configuration may throw its own error, which never repeats a value.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { parseConfig } from '../../lib/config/config.js'
import { readConfig } from '../../lib/config/environment.js'
import { VARIABLES } from '../../lib/config/variables.js'
import { parseWindows } from '../../lib/config/window.js'
import { ConfigError } from '../../lib/errors.js'
import { parseGenerated, parseMarker } from '../../lib/host/quadlet.js'
import { isObject, parseJsonBytes } from '../../lib/json.js'
import { findRoute, queryOf } from '../../lib/request/route.js'
import { parseTriggerBody } from '../../lib/request/trigger-body.js'
import { describe } from '../../lib/result.js'
import { SENDERS } from '../../lib/senders/index.js'
import { github } from '../../lib/senders/known/github.js'
import { provenBy } from '../../lib/senders/verify.js'
import { parseEventQuery, parseTaskQuery } from '../../lib/store/query.js'
import { formatImage, formatPushed, parseImage } from '../../lib/targets/image.js'
import { matchesPattern, parseUnit } from '../../lib/unit-name.js'
import { always, nearly, text } from '../support/fuzz.js'
import { sign } from '../support/request.js'
import { event, payload } from './delivery.js'

const NOW = Date.parse('2026-01-31T12:00:00Z')
const equal = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

const reference = fc
  .tuple(
    fc.constantFrom(
      '',
      'docker.io/',
      'Docker.IO/',
      'ghcr.io/',
      'localhost/',
      'registry:5000/',
      '[fd00::1]:5000/',
      '-/',
    ),
    fc.array(fc.oneof(fc.constantFrom('acme', 'Web', 'library', 'a__b', 'a-b.c', '..', '-a'), text), {
      maxLength: 4,
    }),
    fc.oneof(fc.constantFrom('', ':', ':latest', ':V1', `:${'t'.repeat(129)}`), text),
    fc.oneof(fc.constantFrom('', '', `@sha256:${'0'.repeat(64)}`, '@sha256:0', '@'), text),
  )
  .map(([host, path, tag, digest]) => `${host}${path.join('/')}${tag}${digest}`)

always(
  'an image reference has one spelling, which is read back as the same',
  fc.oneof(reference, text),
  input => {
    const image = parseImage(input)
    if (image === undefined) return true
    const spelling = formatImage(image)
    return equal(parseImage(spelling), image) && /^[a-z0-9[][\x21-\x7e]+$/.test(spelling)
  },
)

const unitName = fc.oneof(
  text,
  fc.tuple(text, fc.constantFrom('.service', '@x.service', '@.service')).map(it => it.join('')),
)

always('a unit name is never an option, a path or a template', unitName, input => {
  const unit = parseUnit(input)
  return unit === undefined || (parseUnit(unit) === unit && /^\w[\w:.@\\-]*(?<!@)\.service$/.test(unit))
})
always('a pattern matches or does not', fc.tuple(unitName, text), ([unit, glob]) => {
  const matches = matchesPattern(unit, glob)
  return matches === true || matches === false
})
always('a unit matches its own name', unitName, input => {
  const unit = parseUnit(input)
  return unit === undefined || (matchesPattern(unit, unit) && matchesPattern(unit, '*'))
})

always('a delivery is read, ignored or refused', fc.tuple(event, payload), ([name, body]) => {
  const reading = github.read({ 'x-github-event': [name], 'x-github-delivery': ['1'] }, body)
  if (reading.kind !== 'push') return reading.kind === 'ignored' || reading.error.status === 422
  const good = reading.images.every(image => equal(parseImage(formatPushed(image)), image))
  return good && reading.images.length > 0 && reading.images.length <= 101
})
const header = fc.option(fc.array(text, { maxLength: 2 }), { nil: undefined })
always(
  'whatever the headers are, they are read',
  fc.tuple(header, header, header, payload),
  ([a, b, c, body]) => {
    const headers = { 'x-github-event': a, 'x-github-delivery': b, 'x-hub-signature-256': c }
    const id = github.deliveryId?.(headers, body)
    const isKind = ['push', 'ignored', 'refused'].includes(github.read(headers, body).kind)
    return (
      isKind &&
      (id === undefined || /^[\w-]+$/.test(id)) &&
      provenBy(github.proofs, { headers, target: '', body: Buffer.from('{}') }, ['key'], 0) === undefined
    )
  },
)
always(
  'a signature is right for its body and its secret alone',
  fc.tuple(fc.uint8Array(), fc.uint8Array()),
  ([a, b]) => {
    const headers = { 'x-hub-signature-256': [sign(a, 'key')] }
    const same = Buffer.from(a).equals(b)
    const proven = (body: Uint8Array, keys: string[]) =>
      provenBy(github.proofs, { headers, target: '', body }, keys, 0) === 'key'
    return proven(a, ['other', 'key']) && proven(b, ['key']) === same
  },
)

const HEADER_NAMES = [
  'x-gitea-event',
  'x-gitea-delivery',
  'ce-type',
  'ce-id',
  'idempotency-key',
  'webhook-id',
]
const word = fc.oneof(
  fc.constantFrom(
    'package',
    'created',
    'push',
    'container',
    'pipeline',
    'success',
    'PUSH_ARTIFACT',
    'image.pushed',
  ),
  fc.constantFrom(
    'zotregistry.image.updated',
    'ECR Image Action',
    'PUSH',
    'SUCCESS',
    'acme/web',
    'latest',
    'V1',
  ),
  fc.constantFrom(
    'https://forge.example/x',
    'registry:5000',
    'quay.io/acme/web',
    'harbor.example/a/b:latest',
  ),
  text,
)
const NAMES =
  'action,package,type,name,version,html_url,owner,login,events,target,tag,repository,request,host,object_kind,' +
  'object_attributes,status,source,project,path_with_namespace,docker_url,updated_tags,repo_name,push_data,event_data,' +
  'data,resources,resource_url,reference,image,images,id,detail,detail-type,region,account,image-tag,__proto__,constructor'
const { tree } = fc.letrec(tie => ({
  tree: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    word,
    fc.jsonValue({ maxDepth: 1 }),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES.split(',')), tie('tree'), { maxKeys: 8 }),
  ),
}))
const someHeaders = fc.record(
  Object.fromEntries(HEADER_NAMES.map(name => [name, fc.array(word, { maxLength: 2 })])),
  { requiredKeys: [] },
)
for (const [name, load] of Object.entries(SENDERS)) {
  const sender = await load()
  always(`${name}: whatever is in it, it is read`, fc.tuple(someHeaders, tree), ([headers, payload]) => {
    const id = sender.deliveryId?.(headers, payload)
    const reading = sender.read(headers, payload)
    if (reading.kind !== 'push') return id === undefined || typeof id === 'string'
    const images = reading.images.map(formatPushed)
    return (
      images.length > 0 && images.length <= 101 && images.every(it => /^[*a-z0-9[][\x21-\x7e]+$/.test(it))
    )
  })
  always(
    `${name}: nothing random is a proof`,
    fc.tuple(someHeaders, text, text, text),
    ([headers, a, b, target]) => {
      const names = sender.proofs.map(proof => ('header' in proof ? proof.header : 'webhook-signature'))
      const given = {
        ...headers,
        ...Object.fromEntries(names.map(it => [it, [a]])),
        'webhook-timestamp': [b],
      }
      const request = { headers: given, target: `/hooks/${name}?token=${target}`, body: Buffer.from(b) }
      return (
        provenBy(sender.proofs, request, ['a key that is not in it', 'whsec_AAAA', 'whpk_AAAA'], 0) ===
        undefined
      )
    },
  )
}

always(
  'bytes are JSON or are not',
  fc.oneof(
    fc.uint8Array(),
    fc.json().map(it => Buffer.from(it)),
  ),
  bytes => {
    const parsed = parseJsonBytes(bytes)
    return parsed === undefined || equal(parsed.value, JSON.parse(Buffer.from(bytes).toString()))
  },
)

const query = nearly({
  since: fc.oneof(fc.constantFrom('2h', '7d', '2026-01-31', '999999d', '-1h'), text),
  unit: unitName,
  status: fc.constantFrom('200', '999', 'done', 'failed'),
  before: fc.oneof(fc.nat().map(String), text),
  limit: fc.oneof(fc.nat().map(String), text),
}).map(it =>
  Object.fromEntries(
    Object.entries(it).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ),
)

always('a query is understood, or every problem of it is told', query, input =>
  [parseEventQuery(input, NOW), parseTaskQuery(input, NOW)].every(asked =>
    asked.ok
      ? asked.value.limit >= 1 && asked.value.limit <= 1000 && Number.isFinite(asked.value.since ?? 0)
      : asked.problems.length > 0 && asked.problems.every(({ message }) => message !== ''),
  ),
)

const ask = nearly({
  all: fc.boolean(),
  units: fc.array(unitName),
  image: reference,
  force: fc.boolean(),
  dry_run: fc.boolean(),
  caller: text,
  reason: text,
})
always('what is asked for names units, or is refused', fc.oneof(ask, fc.jsonValue()), input => {
  const one = parseTriggerBody(input, 'web.service')
  const many = parseTriggerBody(input, undefined)
  const isGood = (units: readonly string[]) => units.every(unit => parseUnit(unit) === unit)
  const says = (it: typeof many) =>
    it.ok
      ? it.value.all !== (it.value.units.length > 0 || it.value.image !== undefined) && isGood(it.value.units)
      : it.problems.length > 0
  return says(one) && says(many) && (isObject(input) || !many.ok)
})

const target = fc.oneof(
  text,
  fc
    .tuple(
      fc.constantFrom('/hooks/', '/api/v1/', '/', '//'),
      fc.array(fc.oneof(fc.constantFrom('github', 'units', 'tasks', 'trigger', '..', '%2e', 'web'), text)),
      text,
    )
    .map(([root, parts, rest]) => `${root}${parts.join('/')}${rest}`),
)
always(
  'a target is a route or a refusal',
  fc.tuple(fc.constantFrom('GET', 'POST', 'X'), target),
  ([method, path]) => {
    const route = findRoute(method, path)
    const values = Object.values(queryOf(path))
    return (
      ('kind' in route || [400, 404, 405].includes(route.status)) &&
      values.every(it => typeof it === 'string')
    )
  },
)

const MARK = 'zQ9-never-quoted'
const value = fc.oneof(
  fc.constantFrom('0', '1', 'only', 'system', '/x', 'web', '99999999999999999', ' ', '1e3', '-1'),
  text.map(it => `${MARK}${it}`),
)
const variables = fc.record(Object.fromEntries(Object.keys(VARIABLES).map(name => [name, value])), {
  requiredKeys: [],
})
const AROUND = { uid: 1000, home: '/home/alice', envFile: undefined }

/** True where `read` gives something, or a ConfigError whose text has nothing of the values. */
function configures(read: () => { stateDir: string }): boolean {
  try {
    return read().stateDir.startsWith('/')
  } catch (error) {
    return error instanceof ConfigError && error.problems.length > 0 && !error.message.includes(MARK)
  }
}

always('a configuration is right, or every mistake is named and no value', variables, env =>
  configures(() => parseConfig(env as Record<string, string>, AROUND)),
)

const directory = mkdtempSync(join(tmpdir(), 'fuzz-'))
t.teardown(() => rmSync(directory, { recursive: true }))
const line = fc.tuple(
  fc.constantFrom(...Object.keys(VARIABLES), 'X'),
  fc.constantFrom('=', '="', "='", ' '),
  value,
)
const envFile = fc.oneof(
  fc.uint8Array(),
  fc.array(line.map(it => it.join(''))).map(lines => Buffer.from(lines.join('\n'))),
)
always('so is a file of any bytes', envFile, bytes => {
  writeFileSync(join(directory, 'env'), bytes)
  return configures(() => readConfig({ WEBHOOK_ENV_FILE: join(directory, 'env'), HOME: directory }))
})

const windowText = fc
  .array(fc.constantFrom('Mon', '..', 'Sun', ',', ' ', ';', '02:00', '-', '05:00', '24:00', '00:00', '2'))
  .map(words => words.join(''))
always(
  'maintenance windows are a mistake, or some that have days and a length',
  fc.oneof(windowText, text),
  input => {
    const parsed = parseWindows(input)
    const each = parsed.ok ? parsed.value.each : []
    const isSane = each.every(
      ({ days, from, to }) => days.length > 0 && from !== to && from < 1440 && to <= 1440,
    )
    return isSane && (parsed.ok ? each.length > 0 : describe(parsed.problems).startsWith('window '))
  },
)

const section = fc.constantFrom(
  '[X-Container]',
  '[X-Image]',
  '[Unit]',
  '[X-Webhook]',
  '[]',
  '[',
  '---web.service---',
)
const setting = fc.tuple(
  fc.constantFrom('Image', 'ImageTag', 'X-Webhook-Enabled', 'SourcePath', 'X-Image', '__proto__'),
  fc.constantFrom('=', ' = ', '=\\\n', ''),
  fc.oneof(fc.constantFrom('web.image', 'yes', 'no', '/etc/web.image'), text),
)
const generated = fc
  .array(
    fc.oneof(
      section,
      setting.map(it => it.join('')),
      text,
      text.map(it => `---${it}---`),
    ),
  )
  .map(lines => lines.join('\n'))
always('whatever the generator says, units come of it', fc.oneof(generated, text), input => {
  const units = parseGenerated(input)
  const names = new Set(units.map(({ unit }) => unit))
  const known = units.every(it => input.includes(it.unit) && typeof (it.image ?? '') === 'string')
  return known && names.size === units.length && typeof parseMarker(input) === 'boolean'
})
