// Three enabled units, newer images for them, and the calls of the API with its token.
import { call } from './request.js'
import type { World } from './world.js'

export const TOKEN = 'token-of-the-api'
export const SETTINGS = {
  WEBHOOK_MANUAL_TOKEN: TOKEN,
  WEBHOOK_TOKEN: 'another-token-of-tests',
  WEBHOOK_MANUAL_UNITS: 'web db app@one',
  WEBHOOK_LIMIT1_COUNT: '100',
  WEBHOOK_LIMIT2_COUNT: '100',
}
export const image = (name: string): string => `ghcr.io/acme/${name.replace('@one', '')}:latest`
export const id = (digit: number): string => String(digit).repeat(64)
export type Json = Readonly<Record<string, unknown>>

export function units(world: World): void {
  for (const [index, unit] of ['web', 'db', 'app@one'].entries()) {
    world.setUnit(`${unit}.service`, image(unit), id(index))
    world.setRegistry(image(unit), id(index + 5))
  }
}

export const post = (world: World, target: string, body?: object, token = TOKEN) =>
  world.send(call('POST', target, token, body))
export const get = (world: World, target: string, token = TOKEN) => world.send(call('GET', target, token))
