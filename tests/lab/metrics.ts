// "Metrics" of units/doc/upgrades.md, on a host where all of "Run it on my host" was done: what is written is read by the node exporter, and by
// Prometheus' own tool, which also tries the alerts.
import type { Test } from 'tap'
import { block, section, type } from './manual.js'
import type { Owned } from './owned.js'

const SAID = section('Metrics')

export async function metrics(t: Test, { host, site }: Owned): Promise<void> {
  await host.sh('systemctl start prometheus-node-exporter')
  const seen = await type(host, block(SAID, 'sh'))
  const names = [...SAID.matchAll(/^\| (`[a-z_`, ]+`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name = '']) => `pod_upgrade_trigger_${name}`),
  )
  const found = [...seen.matchAll(/^(pod_upgrade_trigger_[a-z_]+)\{.*user="root"/gm)].map(([, name]) => name)
  // The timer has not run yet where nobody has waited for it.
  const timer = 'pod_upgrade_trigger_last_timer_run_timestamp_seconds'
  const without = (all: readonly (string | undefined)[]) => [...new Set(all)].filter(name => name !== timer)
  t.strictSame(without(found).sort(), without(names).sort(), 'the exporter tells what the page says')
  t.match(seen, /upgrades_total\{outcome="updated",unit="web\.service",user="root"\} [1-9]/)
  t.match(await host.sh('curl -s http://127.0.0.1:9100/metrics'), /^node_textfile_scrape_error 0$/m)

  const [, file = ''] = /WEBHOOK_METRICS_FILE=(\S+)/.exec(SAID) ?? []
  t.equal(await host.sh(`promtool check metrics <${file}`), '', 'nothing is wrong with the file')
  const [, rules = ''] = /^`(\/usr\/share\S+rules\.yml)`/m.exec(SAID) ?? []
  t.match(await host.sh(`promtool check rules ${rules}`), /SUCCESS: \d+ rules found/)
  t.match(await host.sh('promtool test rules /src/fixtures/prometheus.test.yml'), /SUCCESS/)

  await host.sh(`systemctl stop prometheus-node-exporter; rm ${file}; mkdir ${file}`)
  t.match(
    await site.program('trigger web'),
    /^web\.service unchanged/,
    'what cannot be written changes nothing',
  )
  await host.sh(`rmdir ${file}`)
}
