// A header that is sent twice is none: two readers could take two of them.
import t from 'tap'
import { singleHeader } from '../../lib/http/headers.js'

t.test('the only value of a header', async t => {
  const headers = { once: ['1'], twice: ['1', '2'], empty: [''] }
  t.equal(singleHeader(headers, 'once'), '1')
  t.equal(singleHeader(headers, 'empty'), '')
  t.equal(singleHeader(headers, 'twice'), undefined)
  t.equal(singleHeader(headers, 'none'), undefined)
})
