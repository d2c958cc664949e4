/** `weir drift golden`: recorded requests of a route as a golden set. */

import { writeFile } from 'node:fs/promises'
import { asNumber, asObject, asString, defined } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import type { Output } from './output.ts'

export interface DriftGoldenFlags extends DataFlags {
  readonly output?: string
  readonly name?: string
  readonly target?: string
  readonly prompts?: number
  readonly samples?: number
  readonly schedule?: string
  readonly from?: string
  readonly to?: string
  readonly user?: string
  readonly session?: string
  readonly tag?: string
  readonly lookAt?: number
}

export async function makeGoldenSet(route: string, flags: DriftGoldenFlags, output: Output): Promise<void> {
  const { output: file, lookAt, config: _config, data: _data, ...given } = flags
  const body = defined({ route, ...given, look_at: lookAt })
  const made = asObject(await withAdmin(flags, (admin) => admin.post('/drift/golden-sets', body))) ?? {}
  const text = (asString(made['text']) ?? '').trimEnd()
  if (file === undefined) output.print(text)
  else await writeFile(file, `${text}\n`)
  const count = (name: string) => asNumber(made[name]) ?? 0
  const skipped = Object.entries(asObject(made['skipped']) ?? {}).map(
    ([why, times]) => `${Number(times)} ${why}`,
  )
  const rest = skipped.length === 0 ? '' : `; left out: ${skipped.join(', ')}`
  const name = asString(made['name']) ?? ''
  output.note(
    `${name}, version ${count('version')}: ${count('prompts')} prompts of ${count('questions')} questions in ${count('looked_at')} requests${rest}`,
  )
  output.note(`next: weir drift run --set ${name} --baseline`)
}
