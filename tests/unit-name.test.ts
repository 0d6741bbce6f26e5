// Unit names as people write them, and what must never reach the service manager as one.
import t from 'tap'
import { parseUnit } from '../lib/unit-name.js'

t.test('parseUnit', async t => {
  const rows: readonly (readonly [why: string, text: string, unit: string | undefined])[] = [
    ['the suffix may be left out', 'web', 'web.service'],
    ['or not', 'web.service', 'web.service'],
    ['only one is added', 'web.service.service', 'web.service.service'],
    ['dots and dashes', 'my-web.app', 'my-web.app.service'],
    ['case is kept', 'Web', 'Web.service'],
    ['an instance', 'app@one', 'app@one.service'],
    ['an instance with an escaped path', 'app@home-my\\x2dfile', 'app@home-my\\x2dfile.service'],
    ['a colon', 'a:b', 'a:b.service'],
    ['an underscore first', '_web', '_web.service'],
    ['255 characters', 'a'.repeat(247), `${'a'.repeat(247)}.service`],
    ['256 characters', 'a'.repeat(248), undefined],
    ['nothing', '', undefined],
    ['the suffix alone', '.service', undefined],
    ['a template without an instance', 'app@', undefined],
    ['the same with its suffix', 'app@.service', undefined],
    ['an option', '-H', undefined],
    ['a long option', '--host=evil', undefined],
    ['a path', '../etc/passwd', undefined],
    ['a slash', 'a/b', undefined],
    ['a space', 'a b', undefined],
    ['two units', 'a.service b.service', undefined],
    ['a newline', 'web.service\n', undefined],
    ['a NUL', 'web\0', undefined],
    ['a shell', 'x@$(id)', undefined],
    ['a specifier', 'web%i', undefined],
    ['a glob', 'web*', undefined],
    ['a letter that is not ASCII', 'wéb', undefined],
    ['another type becomes a service of that name', 'web.socket', 'web.socket.service'],
  ]
  for (const [why, text, unit] of rows) t.equal(parseUnit(text), unit, `${why}: ${JSON.stringify(text)}`)
})
