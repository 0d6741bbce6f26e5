// node appender.ts DIR NAME COUNT: appends so many events, as fast as it can.
import { appendEvent } from '../../lib/store/event-buffer.js'
import { eventNamed } from './event.js'

const [dir = '', name = '', count = '0'] = process.argv.slice(2)
for (let index = 0; index < Number(count); index++) appendEvent(dir, eventNamed(`${name}${index}`))
