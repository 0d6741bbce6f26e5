// Text from outside: what a terminal would obey, and what looks like a password.
import t from 'tap'
import { escapeControl, isHarmless, maskCredentials } from '../lib/escape.js'

t.test('what a terminal would obey', async t => {
  const rows: readonly (readonly [text: string, escaped: string])[] = [
    ['plain', 'plain'],
    ['a\u001b[31m', 'a\\u001b[31m'],
    ['\u009b31m', '\\u009b31m'],
    ['\u202e', '\\u202e'],
    ['\n', '\\u000a'],
    ['für 日本 👩‍💻', 'für 日本 👩‍💻'],
  ]
  for (const [text, escaped] of rows) {
    t.equal(escapeControl(text), escaped)
    t.equal(isHarmless(text), text === escaped)
  }
})

t.test('what looks like a password', async t => {
  const rows: readonly (readonly [text: string, masked: string])[] = [
    ['postgres://app:hunter2@db/app', 'postgres://app:***@db/app'],
    ['redis://:hunter2@cache', 'redis://:***@cache'],
    ['DB_PASSWORD=hunter2 next', 'DB_PASSWORD=*** next'],
    ['{"password": "hunter2", "user": "a"}', '{"password": "***", "user": "a"}'],
    ['api_key: hunter2', 'api_key: ***'],
    ['Authorization: Bearer hunter2', 'Authorization: Bearer ***'],
    ['listens on http://0.0.0.0:8080/path@2', 'listens on http://0.0.0.0:8080/path@2'],
    ['token bucket is full', 'token bucket is full'],
  ]
  for (const [text, masked] of rows) t.equal(maskCredentials(text), masked)
})
