/** `weir drift keep`, `schedule`, `hold` and `release`: which golden sets run when, and which routes they may move. */

import type { Command } from 'commander'
import { asNumber, asObject, asString } from '../core/json.ts'
import { readGoldenFiles } from '../drift/golden-files.ts'
import { type DataFlags, withAdmin } from './admin-client.ts'
import { addDataOptions, readCount, readTime } from './options.ts'
import type { Output } from './output.ts'

interface ScheduleFlags extends DataFlags {
  readonly timezone?: string
  readonly jitter?: number
  readonly off?: true
  readonly reset?: true
}

interface HoldFlags extends DataFlags {
  readonly reason: string
  /** In milliseconds. */
  readonly for?: number
}

export function addDriftSets(drift: Command, output: Output): void {
  addDataOptions(
    drift
      .command('keep')
      .description('keep a golden set, as a new version where its text is new; nothing runs yet')
      .argument('<file>', 'the golden set'),
  ).action(async (file: string, flags: DataFlags) => {
    const files = await readGoldenFiles(file)
    const { set, version } = await withAdmin(flags, async (admin) => {
      const name = await nameOf(files)
      const kept = asObject(await admin.put(`/drift/golden-sets/${encodeURIComponent(name)}`, files))
      return { set: name, version: asNumber(kept?.['version']) ?? 0 }
    })
    output.print(`${set}, version ${version}`)
    output.note(`next: weir drift schedule ${set} "0 * * * *"`)
  })
  addDataOptions(
    drift
      .command('schedule')
      .description('when a kept golden set runs by itself, whatever its file says')
      .argument('<set>', 'the name of the golden set')
      .argument('[cron]', 'minute, hour, day, month and weekday, such as "0 * * * *"'),
  )
    .option('--timezone <zone>', 'of the schedule, such as Europe/Zurich (that of the set)')
    .option('--jitter <seconds>', 'a run starts up to this much later (that of the set)', readCount)
    .option('--off', 'it runs only when it is asked to')
    .option('--reset', 'as the configuration says')
    .action((set: string, cron: string | undefined, flags: ScheduleFlags) =>
      schedule(set, cron, flags, output),
    )
  addDataOptions(
    drift
      .command('hold')
      .description('nothing moves this route by itself, whatever drifts')
      .argument('<route>', 'the name of the route'),
  )
    .requiredOption('--reason <text>', 'why')
    .option('--for <time>', 'such as 30m, 12h or 7d; without it, until it is released', readTime)
    .action(async (route: string, { reason, for: lastsMs, ...flags }: HoldFlags) => {
      const until = lastsMs === undefined ? undefined : new Date(Date.now() + lastsMs).toISOString()
      const body = { reason, ...(until !== undefined && { until }) }
      await withAdmin(flags, (admin) => admin.post(`/routes/${encodeURIComponent(route)}/hold`, body))
      output.print(`${route} is held${until === undefined ? '' : ` until ${until}`}: ${reason}`)
    })
  addDataOptions(
    drift
      .command('release')
      .description('a held route may be moved again, where its golden set says `rollback: auto`')
      .argument('<route>', 'the name of the route'),
  ).action(async (route: string, flags: DataFlags) => {
    await withAdmin(flags, (admin) => admin.delete(`/routes/${encodeURIComponent(route)}/hold`))
    output.print(`${route} is no longer held`)
  })
}

async function nameOf({ file, files }: Awaited<ReturnType<typeof readGoldenFiles>>): Promise<string> {
  const { openGoldenSet } = await import('../drift/golden.ts')
  return (await openGoldenSet({ file, files })).name
}

async function schedule(
  set: string,
  cron: string | undefined,
  { timezone, jitter, off, reset, ...flags }: ScheduleFlags,
  output: Output,
): Promise<void> {
  const given = [cron !== undefined, off === true, reset === true].filter(Boolean)
  if (given.length !== 1) throw new Error('give a cron expression, or --off, or --reset')
  const name = encodeURIComponent(set)
  const path = `/drift/${name}/schedule`
  const next = await withAdmin(flags, async (admin) => {
    if (reset) await admin.delete(path)
    else {
      const body = {
        schedule: cron ?? null,
        ...(timezone !== undefined && { timezone }),
        ...(jitter !== undefined && { jitter_seconds: jitter }),
      }
      await admin.put(path, body)
    }
    return asString(asObject(await admin.get(`/drift/golden-sets/${name}`))?.['next_run_at'])
  })
  output.print(next === undefined ? `${set} runs only when it is asked to` : `${set} runs next at ${next}`)
}
