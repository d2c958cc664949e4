/** `weir eval dataset`: recorded requests of a route as the cases of a suite. */

import { writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { asNumber, asObject, defined } from '../core/json.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import type { Output } from './output.ts'

export interface EvalDatasetFlags extends DataFlags {
  readonly output?: string
  readonly name?: string
  readonly candidate?: string
  readonly from?: string
  readonly to?: string
  readonly user?: string
  readonly session?: string
  readonly tag?: string
  readonly label?: string
  readonly minScore?: string
  readonly maxScore?: string
  readonly reference?: string
  readonly limit?: number
}

export async function makeDataset(route: string, flags: EvalDatasetFlags, output: Output): Promise<void> {
  const { name, candidate, from, to, user, session, tag, label, reference, limit } = flags
  const body = defined({
    route,
    name,
    candidate,
    from,
    to,
    user,
    session,
    tag,
    label,
    reference,
    limit,
    min_score: flags.minScore === undefined ? undefined : Number(flags.minScore),
    max_score: flags.maxScore === undefined ? undefined : Number(flags.maxScore),
  })
  const made = asObject(await withAdmin(flags, (admin) => admin.post('/evals/datasets', body))) ?? {}
  const isJson = flags.output?.endsWith('.json') === true
  const text = isJson ? JSON.stringify(made['suite'], null, 2) : stringify(made['suite'])
  if (flags.output === undefined) output.print(text.trimEnd())
  else await writeFile(flags.output, `${text.trimEnd()}\n`)
  const skipped = Object.entries(asObject(made['skipped']) ?? {}).map(
    ([why, count]) => `${asNumber(count) ?? 0} ${why}`,
  )
  const rest = skipped.length === 0 ? '' : `; left out: ${skipped.join(', ')}`
  output.note(`${asNumber(made['cases']) ?? 0} cases${rest}`)
  if (asNumber(made['cases']) === 0) output.note('are payloads recorded? See `payloads` in docs/config.md')
}
