/** When golden sets are due: cron expressions with time zones, and hours in which nothing starts. */

import { Cron } from 'croner'

/** What is wrong with a schedule, or undefined. */
export function cronFault(
  schedule: string,
  timezone: string,
): { of: 'schedule' | 'timezone'; message: string; mend: string } | undefined {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone })
  } catch {
    return { of: 'timezone', message: 'not a time zone', mend: 'Write one such as `Europe/Zurich` or `UTC`.' }
  }
  const mend = 'Write minute, hour, day, month and weekday, such as `0 * * * *`.'
  try {
    const next = cronOf(schedule, timezone).nextRun()
    return next === null ? { of: 'schedule', message: 'a schedule that is never due', mend } : undefined
  } catch {
    return { of: 'schedule', message: 'not a cron expression', mend }
  }
}

/** A date would be valid too, and due once: a schedule is a pattern. */
function cronOf(schedule: string, timezone: string): Cron {
  if (schedule.trim().split(/\s+/).length !== 5) throw new SyntaxError('not five fields')
  return new Cron(schedule, { timezone, paused: true })
}

/** The first time after `afterMs` at which the schedule is due, in Unix milliseconds; undefined for never. */
export function nextSlotMs(schedule: string, timezone: string, afterMs: number): number | undefined {
  const [slotMs] = slotsAfter(schedule, timezone, afterMs)
  return slotMs
}

/** All times after `afterMs` at which the schedule is due. */
export function* slotsAfter(schedule: string, timezone: string, afterMs: number): Generator<number> {
  const cron = cronOf(schedule, timezone)
  let slot = cron.nextRun(new Date(afterMs))
  while (slot !== null) {
    yield slot.getTime()
    slot = cron.nextRun(slot)
  }
}

/** The last time at or before `atMs` at which the schedule was due, but after `afterMs`. */
export function lastSlotMs(
  schedule: string,
  timezone: string,
  afterMs: number,
  atMs: number,
): number | undefined {
  // The reference itself is not among the earlier runs.
  const [slot] = cronOf(schedule, timezone).previousRuns(1, new Date(atMs + 1000))
  const slotMs = slot?.getTime()
  return slotMs !== undefined && slotMs > afterMs && slotMs <= atMs ? slotMs : undefined
}

export type QuietHours = readonly { readonly from: string; readonly to: string }[]

/** Whether no run may start at a time. Hours may go over midnight. */
export function quietOf(hours: QuietHours, timezone: string): (atMs: number) => boolean {
  if (hours.length === 0) return () => false
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  return (atMs) => {
    const now = clock.format(atMs)
    return hours.some(({ from, to }) => (from <= to ? now >= from && now < to : now >= from || now < to))
  }
}
