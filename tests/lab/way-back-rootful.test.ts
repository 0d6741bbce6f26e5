// The way back in the lab (for root): way-back.ts.
import { wayBack } from './way-back.js'

await wayBack('rootful')
