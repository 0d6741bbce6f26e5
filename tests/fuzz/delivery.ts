// What GitHub sends of a package, and what somebody who knows the secret could send instead: every field there, missing,
// or of any other kind.
import fc from 'fast-check'
import { nearly, text } from '../support/fuzz.js'

const word = fc.constantFrom(
  'acme',
  'Acme',
  'web',
  'latest',
  'v1',
  'sha256-0',
  '-',
  '../..',
  '%2e',
  'a'.repeat(200),
)
const name = fc.oneof(word, text)
const url = fc.oneof(
  fc.constant('ghcr.io/acme/web:latest'),
  fc.constantFrom('ghcr.io/acme/web:', 'ghcr.io/acme/web', 'docker.io/web@sha256:0'),
  text,
)
const tag = nearly({ name, digest: text })
const version = nearly({
  package_url: url,
  metadata: fc.oneof(
    fc.constant([]),
    nearly({ container: nearly({ tag_name: name, tags: fc.array(name) }) }),
  ),
  container_metadata: nearly({ tag }),
})
const pushed = nearly({
  name,
  namespace: name,
  package_type: fc.constantFrom('CONTAINER', 'container', 'docker', 'npm'),
  ecosystem: fc.constantFrom('CONTAINER', 'container', 'docker', 'npm'),
  owner: nearly({ login: name }),
  package_version: version,
})

/** A body as a value, mostly an object that is nearly a package event. */
export const payload: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 9, arbitrary: nearly({ action: fc.constantFrom('published', 'updated'), package: pushed }) },
  { weight: 3, arbitrary: nearly({ action: fc.constantFrom('published'), registry_package: pushed }) },
  fc.jsonValue(),
)

export const event = fc.constantFrom('package', 'registry_package', 'package', 'ping', 'push')
