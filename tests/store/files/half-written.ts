// Started by database.test.ts to be killed: fills a table, changes every row of it in one transaction with a cache so
// small that most of it is in the file already, and waits, uncommitted. `ours` is openDatabase(), `plain` is without.
import sqlite from 'node-sqlite3-wasm'
import { openDatabase } from '../../../lib/store/files/database.js'

const [, , how, path = ''] = process.argv
const db = how === 'ours' ? openDatabase(path, []) : new sqlite.Database(path)
db.exec(`create table t (id integer primary key, v text);
  with recursive n (i) as (select 1 union all select i + 1 from n where i < 4000)
    insert into t select i, 'before' || hex(zeroblob(100)) from n;
  pragma cache_size=5; begin; update t set v = 'after' || hex(zeroblob(100))`)
process.send?.('half')
setInterval(() => {}, 1000)
