// Imported before node-sqlite3-wasm, for its effect: V8 would optimise that module in the background, and the exit of
// the process waits for it, longer than for everything else it does. Both flags exist on every Node since 20.
import v8 from 'node:v8'

v8.setFlagsFromString('--no-wasm-tier-up')
v8.setFlagsFromString('--no-wasm-dynamic-tiering')
