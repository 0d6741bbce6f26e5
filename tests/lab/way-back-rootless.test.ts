// The way back in the lab (for a user's own manager): way-back.ts.
import { wayBack } from './way-back.js'

await wayBack('rootless')
