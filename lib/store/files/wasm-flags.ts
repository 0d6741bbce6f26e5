// Imported before node-sqlite3-wasm, for its effect: V8 would optimise that module in the background, and the exit of
// the process waits for it, longer than for everything else it does. The third has V8 look through a function of it
// when that is first called, of which there are few. All flags exist on every Node since 20.
import v8 from 'node:v8'

v8.setFlagsFromString('--no-wasm-tier-up')
v8.setFlagsFromString('--no-wasm-dynamic-tiering')
v8.setFlagsFromString('--wasm-lazy-validation')
