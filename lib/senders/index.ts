// Pure: how each sender is loaded, which is done for a request that is for it, and no other. A new one is its word in
// config/sender-names.ts, its file in known/, a line here, and a folder in fixtures/senders/.
import type { SenderName } from '../config/sender-names.js'
import type { Sender } from './known/reading/sender.js'

export const SENDERS: Readonly<Record<SenderName, () => Promise<Sender>>> = {
  github: async () => (await import('./known/github.js')).github,
  forgejo: async () => (await import('./known/gitea.js')).gitea,
  gitea: async () => (await import('./known/gitea.js')).gitea,
  distribution: async () => (await import('./known/distribution.js')).distribution,
  gitlab: async () => (await import('./known/gitlab.js')).gitlab,
  quay: async () => (await import('./known/quay.js')).quay,
  dockerhub: async () => (await import('./known/dockerhub.js')).dockerhub,
  harbor: async () => (await import('./known/harbor.js')).harbor,
  zot: async () => (await import('./known/zot.js')).zot,
  standard: async () => (await import('./known/standard.js')).standard,
  acr: async () => (await import('./known/acr.js')).acr,
  ecr: async () => (await import('./known/ecr.js')).ecr,
}
