// The copy of a kube unit's YAML: its containers run the kept images, nothing is pulled, and all else is as it was.
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { pinYaml } from '../../../lib/upgrade/way-back/kube-yaml.js'

const ID = 'a'.repeat(64)
const CACHE = 'b'.repeat(64)
const KEPT = new Map([
  ['ghcr.io/acme/web:latest', ID],
  ['docker.io/library/redis:7', CACHE],
])
const pinned = (image: string, more: object = {}) => ({ image, imagePullPolicy: 'Never', ...more })

for (const [why, text, documents] of [
  [
    'an image and its policy',
    'spec:\n  containers:\n  - name: c\n    image: ghcr.io/acme/web:latest # ours\n    imagePullPolicy: Always\n    args: ["image: x"]\n',
    [{ spec: { containers: [pinned(ID, { name: 'c', args: ['image: x'] })] } }],
  ],
  [
    'in one line, as JSON is too',
    'spec: { containers: [{ name: app, image: "ghcr.io/acme/web", imagePullPolicy: IfNotPresent }] }\n',
    [{ spec: { containers: [pinned(ID, { name: 'app' })] } }],
  ],
  [
    'several containers, and one that runs before them',
    'spec:\n  initContainers:\n  - image: redis:7\n  containers:\n  - image: redis:7\n  - image: ghcr.io/acme/web:latest\n',
    [{ spec: { initContainers: [pinned(CACHE)], containers: [pinned(CACHE), pinned(ID)] } }],
  ],
  [
    'several documents; what is no container keeps its words',
    'kind: ConfigMap\ndata:\n  image: ghcr.io/acme/web:latest\n---\nspec:\n  template:\n    spec:\n      containers:\n      - image: ghcr.io/acme/web:latest\n',
    [
      { kind: 'ConfigMap', data: { image: 'ghcr.io/acme/web:latest' } },
      { spec: { template: { spec: { containers: [pinned(ID)] } } } },
    ],
  ],
] as const) {
  t.test(why, async t => {
    const copy = pinYaml(text, KEPT) ?? ''
    t.strictSame(
      parseAllDocuments(copy).map(document => document.toJS()),
      documents,
    )
  })
}

for (const [why, text] of [
  ['an image that none of its containers runs', 'spec:\n  containers:\n  - image: ghcr.io/acme/other:1\n'],
  ['a container without an image', 'spec:\n  containers:\n  - name: c\n'],
  ['no container', 'kind: Secret\n'],
  ['no YAML', 'spec: [\n'],
  ['nothing', ''],
] as const) {
  t.test(`no way back: ${why}`, async t => {
    t.equal(pinYaml(text, KEPT), undefined)
  })
}
