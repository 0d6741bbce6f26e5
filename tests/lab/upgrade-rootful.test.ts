// See bad-images.ts.
import { testBadImages } from './bad-images.js'

testBadImages('rootful')
