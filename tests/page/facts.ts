// Hosts as the page tells of them: nothing there, all well, many units, and all kinds of trouble.
import type { Facts } from '../../lib/page/page.js'
import type { Refused } from '../../lib/page/refused.js'
import type { Upgrade } from '../../lib/page/upgrades.js'
import type { ToldUnit } from '../../lib/status/status-json.js'

export const at = (minutes: number): number => new Date(2026, 0, 31, 12, minutes).getTime()
const id = (digit: number): string => String(digit % 10).repeat(64)

export const EMPTY: Facts = {
  host: 'web1',
  version: '1.2.3',
  zone: 'Europe/Berlin',
  tenant: undefined,
  refreshes: true,
  status: { units: [], timer: 'inactive' },
  upgrades: [],
  refused: [],
}

export const unit = (name: string, more: Partial<ToldUnit> = {}): ToldUnit => ({
  unit: `${name}.service`,
  state: 'ok',
  image: `ghcr.io/acme/${name}:latest`,
  running_image_id: id(name.length),
  since_ms: at(0),
  last_task: { id: 1, outcome: 'unchanged', finished_ms: at(5) },
  ...more,
})

export const upgrade = (number: number, more: Partial<Upgrade> = {}): Upgrade => ({
  id: number,
  unit: 'web.service',
  state: 'done',
  outcome: 'updated',
  queuedMs: at(number),
  finishedMs: at(number),
  caller: 'github',
  reason: undefined,
  report: {
    old: { id: id(number), digest: '' },
    new: { id: id(number + 1), digest: '' },
    steps: { look: 120, pull: 4200 + 900 * number, keep: 310, restart: 800, watch: 5000 },
  },
  ...more,
})

export const refused = (number: number, more: Partial<Refused> = {}): Refused => ({
  id: number,
  ts: at(number),
  method: 'POST',
  path: '/hooks/github',
  status: 401,
  action: 'hook-github',
  remoteAddr: '203.0.113.7',
  requestId: '0bf2ecb3-fa5d-4643-a6ba-8d2bf7cdb2eb',
  meta: {},
  ...more,
})

export const HEALTHY: Facts = {
  ...EMPTY,
  status: {
    units: [
      unit('web', { last_task: { id: 9, outcome: 'updated', finished_ms: at(9) } }),
      unit('blog'),
      unit('worker'),
      unit('backup', { state: 'idle' }),
    ],
    timer: 'waiting',
    next_run_ms: at(240),
  },
  upgrades: [9, 7, 4].map(number => upgrade(number)),
}

export const MANY: Facts = {
  ...HEALTHY,
  status: {
    ...HEALTHY.status,
    units: Array.from({ length: 40 }, (_, index) =>
      unit(`app-${index + 1}`, { running_image_id: id(index) }),
    ),
  },
  upgrades: Array.from({ length: 20 }, (_, index) =>
    upgrade(40 - index, { unit: `app-${index + 1}.service` }),
  ),
}

const LONG = `a-very-long-name-${'of-a-unit-'.repeat(12)}@instance`

export const TROUBLE: Facts = {
  ...EMPTY,
  status: {
    timer: 'inactive',
    units: [
      unit('gone', { state: 'missing' }),
      unit('db', { state: 'failed', why: 'exit-code', last_task: { id: 2, outcome: 'unchanged' } }),
      unit('api', { state: 'unhealthy' }),
      unit('cache', { state: 'down' }),
      unit('worker', {
        state: 'rolled back',
        last_task: {
          id: 7,
          outcome: 'rolled-back',
          finished_ms: at(7),
          why: 'the unit is failed (exit-code): <script>alert(1)</script> "quoted" \u202egnp.exe',
        },
      }),
      unit('blog', { state: 'held', why: 'until the audit' }),
      unit('shop', { state: 'starting' }),
      unit('job', { state: 'staged', last_task: { id: 8, outcome: 'staged', finished_ms: at(8) } }),
      unit('nightly', { state: 'idle' }),
      unit(LONG, { image: `registry.example.org:5000/${'x'.repeat(120)}:latest` }),
      unit('mail', {
        last_task: { id: 6, outcome: 'failed', finished_ms: at(6), why: 'podman pull: 401 unauthorized' },
      }),
      unit('proxy', {
        last_task: { id: 5, outcome: 'skipped', finished_ms: at(5), why: 'the unit is masked' },
      }),
    ],
  },
  upgrades: [
    upgrade(12, { state: 'queued', outcome: undefined, finishedMs: undefined, report: undefined }),
    upgrade(11, {
      state: 'running',
      outcome: undefined,
      finishedMs: undefined,
      report: { steps: { look: 90 } },
    }),
    upgrade(7, {
      unit: 'worker.service',
      outcome: 'rolled-back',
      caller: 'timer',
      report: {
        why: 'the unit is failed (exit-code)',
        old: { id: id(1), digest: '' },
        new: { id: id(2), digest: '' },
        steps: { look: 100, pull: 9000, keep: 200, restart: 700, watch: 4000, rollback: 6100 },
      },
    }),
    upgrade(6, {
      unit: 'mail.service',
      outcome: 'failed',
      report: { why: 'podman pull: 401 unauthorized', steps: { look: 130, pull: 31_000 } },
    }),
    upgrade(5, { unit: `${LONG}.service`, caller: 'me', reason: 'release 12' }),
    upgrade(4, { unit: 'job.service', outcome: 'staged' }),
  ],
  refused: [
    refused(30),
    refused(29),
    refused(28, { path: '/hooks/github/', status: 404, action: 'unknown' }),
    refused(27, { path: '/hooks/quay/web', status: 503, action: 'hook-quay' }),
    refused(26, { path: '/hooks/github/web', status: 415 }),
    refused(25, { path: '/', status: 405, action: 'page', remoteAddr: undefined }),
    refused(24, { path: `/${'p'.repeat(180)}`, status: 404, action: 'unknown' }),
    refused(23, { path: '/api/v1/trigger', status: 401, action: 'trigger' }),
    refused(22, { path: '/api/v1/trigger', status: 429, action: 'trigger' }),
    refused(21, { path: '/hooks/harbor', status: 502, action: 'hook-harbor' }),
  ],
}
