// Pure: the page as a response: what a browser may do with it, which is nothing but show it, and whether it has it already.
import { createHash } from 'node:crypto'
import type { HttpResponse } from '../http/response.js'
import { type Facts, renderPage } from './page.js'
import { STYLE } from './style.js'

const sha256 = (text: string, encoding: 'base64' | 'base64url'): string =>
  createHash('sha256').update(text).digest(encoding)

/** `known`: the values of If-None-Match. 304 where one of them is of the same page. */
export function pageResponse(facts: Facts, known: readonly string[] = []): HttpResponse {
  const body = renderPage(facts)
  const tag = `"${sha256(body, 'base64url')}"`
  const headers = {
    'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${sha256(STYLE.markup, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'Cache-Control': 'private, no-cache',
    ETag: tag,
    'Referrer-Policy': 'no-referrer',
  }
  const isKnown = known
    .flatMap(value => value.split(','))
    .some(entry => entry.trim() === '*' || entry.trim().replace(/^W\//, '') === tag) // a proxy that compresses makes it weak
  return isKnown
    ? { status: 304, headers, body: '' }
    : { status: 200, headers: { 'Content-Type': 'text/html; charset=utf-8', ...headers }, body }
}
