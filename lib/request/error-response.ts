// What failed here, as a response that says whose fault it is and no more; the journal has what to do about it.
import { asFailure, httpError } from '../errors.js'
import { type HttpResponse, problemResponse } from '../http/response.js'
import { logFailure } from '../log.js'
import type { RequestContext } from './request-context.js'

export function errorResponse(error: unknown, { requestId }: RequestContext): HttpResponse {
  logFailure(error)
  switch (asFailure(error)?.name) {
    case 'ConfigError': {
      const detail = 'this endpoint is not configured; see the journal'
      return problemResponse(httpError(503, detail, { 'Retry-After': '300' }))
    }
    case 'StoreUnavailable': {
      const detail = 'the state directory cannot be used; see the journal'
      return problemResponse(httpError(503, detail, { 'Retry-After': '60' }))
    }
    case 'CommandFailed':
      return problemResponse(httpError(502, failedHere(requestId)))
    default:
      return problemResponse(httpError(500, failedHere(requestId)))
  }
}

const failedHere = (requestId: string): string => `failed on this host; see the journal for ${requestId}`
