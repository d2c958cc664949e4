/**
 * Prints a bill of materials of what the gateway runs on, in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), read
 * from the lockfile alone: `npm run --silent sbom > weir.cdx.json`. The same lockfile gives the same bytes.
 */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { billOfMaterials } from './docs/bill-of-materials.ts'

const root = resolve(import.meta.dirname, '..')
const lock: unknown = JSON.parse(readFileSync(resolve(root, 'package-lock.json'), 'utf8'))
console.log(JSON.stringify(billOfMaterials(lock), null, 2))
