// Pure: the YAML of a .kube unit, changed so that its containers run kept images and nothing is pulled.
// Built as a part of its own.
import { isMap, isSeq, parseAllDocuments, visit } from 'yaml'
import { canonicalImage } from '../../targets/image.js'
import type { KeptImages } from './pinned-commands.js'

const LISTS = ['containers', 'initContainers']

/** Undefined where it is no YAML, names no container, or an image that is not among the kept ones. */
export function pinYaml(text: string, kept: KeptImages): string | undefined {
  const documents = parseAllDocuments(text)
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return undefined
  const found: (string | undefined)[] = []
  for (const document of documents) {
    visit(document, {
      Pair(_, { key, value }) {
        if (!LISTS.includes(String(key)) || !isSeq(value)) return
        for (const container of value.items.filter(isMap)) {
          const reference = String(container.get('image'))
          const id = kept.get(reference) ?? kept.get(canonicalImage(reference))
          container.set('image', id)
          container.set('imagePullPolicy', 'Never')
          found.push(id)
        }
      },
    })
  }
  if (found.length === 0 || found.includes(undefined)) return undefined
  return documents.map(document => document.toString({ directives: documents.length > 1 })).join('')
}
