// A job of GitHub Actions that calls the API, with a token that is none of ours: whether GitHub has signed it for a rule of ACTIONS_ALLOW.
// Built as a part of its own.
import type { Config } from '../config/config.js'
import { keyFile, readKeys } from './key-file.js'
import { judgeToken, type Verdict } from './token.js'

/** Never throws. */
export const judgeCaller = (token: string, config: Config): Verdict =>
  judgeToken(token, {
    rules: config.actionsRules,
    audience: config.publicUrl ?? '', // there is one where there are rules
    keys: () => readKeys(keyFile(config)),
    nowMs: Date.now(),
  })
