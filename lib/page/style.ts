// Pure: how the page looks, in light and in dark. It is in the page itself, which a browser takes by its hash alone (answer.ts). Every
// colour of text has a contrast of at least 4.5 to what is behind it (tests/page/browser.test.ts).
import { Html } from './html.js'

const CSS = `
:root { color-scheme: light dark; --text: #1d2126; --quiet: #59626c; --line: #dde1e6; --back: #fff;
  --bad: #b3261e; --bad-back: #fdecea; --warn: #8a4b00; --warn-back: #fdf1dc; --good: #1b6b34; --good-back: #e7f5eb;
  --wait: #1f5aa8; --wait-back: #e8f0fb; --none: #4a525b; --none-back: #eef0f3;
  --look: #8c959f; --pull: #2f6fc4; --keep: #8250c4; --restart: #c98500; --watch: #2a8a4a; --rollback: #c43a31 }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e7eb; --quiet: #a3acb6; --line: #343b43; --back: #15181c;
    --bad: #ffb4ab; --bad-back: #4a1a17; --warn: #ffc56b; --warn-back: #42300f; --good: #8ed8a3; --good-back: #143320;
    --wait: #a6c8ff; --wait-back: #172d4a; --none: #c3cad2; --none-back: #2a3037;
    --look: #8c959f; --pull: #6ba4f0; --keep: #b392e8; --restart: #e0ad3d; --watch: #58b878; --rollback: #ef7a70 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
main, footer { max-width: 70rem; margin: 0 auto; padding: 1.5rem }
footer { padding-top: 0; color: var(--quiet); font-size: .875rem }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.25 }
h1 + p { margin: .25rem 0 0; color: var(--quiet) }
h2 { margin: 2.5rem 0 .25rem; font-size: 1.125rem }
a { color: inherit }
code { font: .875em ui-monospace, monospace }
table { width: 100%; table-layout: fixed; border-collapse: collapse }
caption { padding-bottom: .5rem; color: var(--quiet); font-size: .875rem; text-align: left }
th, td { padding: .5rem 1rem .5rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400 }
thead th { border: 0; color: var(--quiet); font-size: .875rem }
tbody th { font-weight: 600 }
th:nth-child(1) { width: 28% }
th:nth-child(2) { width: 18% }
th:nth-child(3):not(:last-child) { width: 25% }
time { white-space: nowrap }
.note { color: var(--quiet); font-size: .875rem; font-weight: 400 }
.badge { display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .875rem; white-space: nowrap }
.bad { color: var(--bad); background: var(--bad-back) }
.warn { color: var(--warn); background: var(--warn-back) }
.good { color: var(--good); background: var(--good-back) }
.wait { color: var(--wait); background: var(--wait-back) }
.none { color: var(--none); background: var(--none-back) }
.key { margin-right: .5rem; white-space: nowrap }
svg { max-width: 100%; vertical-align: middle }
.look { fill: var(--look) } .pull { fill: var(--pull) } .keep { fill: var(--keep) }
.restart { fill: var(--restart) } .watch { fill: var(--watch) } .rollback { fill: var(--rollback) }
@media (max-width: 48rem) {
  main, footer { padding: 1rem }
  footer { padding-top: 0 }
  table, caption, tbody, tr, tbody th, td { display: block; width: auto }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden }
  tr { padding: .75rem 0; border-top: 1px solid var(--line) }
  tbody th, tbody td, th:nth-child(1) { width: auto; padding: 0 0 .25rem; border: 0 }
  tbody td { position: relative; padding-left: 6.5rem }
  td::before { content: attr(data-column); position: absolute; left: 0; color: var(--quiet); font-size: .875rem; line-height: 1.7 }
}
`

/** Of a tag `style`: as it is, for nothing in it is from outside. */
export const STYLE = new Html(CSS)
