/** Points in time as people read them, in the viewer's zone. */

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const dayAndTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})
const whole = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' })
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const clockWithSeconds = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const utcDay = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** "3 min ago" below a day, else `12 Mar, 14:05`; "in 3 min" of what is to come. */
export function formatWhen(atMs: number, nowMs: number): string {
  const distance = Math.abs(nowMs - atMs)
  if (distance >= dayMs) return dayAndTime.format(atMs)
  const length =
    distance < minuteMs
      ? `${Math.round(distance / 1_000)} s`
      : distance < hourMs
        ? `${Math.floor(distance / minuteMs)} min`
        : `${Math.floor(distance / hourMs)} h`
  return atMs > nowMs ? `in ${length}` : `${length} ago`
}

/** `12 Mar, 14:05`. */
export function formatDayAndTime(atMs: number): string {
  return dayAndTime.format(atMs)
}

/** `12 Mar`, of a day that the ledger counts: in UTC. */
export function formatDay(atMs: number): string {
  return utcDay.format(atMs)
}

/** With seconds and the zone, for those who must know. */
export function formatMoment(atMs: number): string {
  return whole.format(atMs)
}

/** Of the day, with seconds. */
export function formatClock(atMs: number): string {
  return clockWithSeconds.format(atMs)
}

/** A label of a time axis that spans this much: no two of them are alike. */
export function formatTick(atMs: number, spanMs: number): string {
  if (spanMs <= 10_000) return `${clockWithSeconds.format(atMs)}.${Math.floor((atMs % 1_000) / 100)}`
  if (spanMs <= 5 * minuteMs) return clockWithSeconds.format(atMs)
  if (spanMs <= 2 * dayMs) return clock.format(atMs)
  return day.format(atMs)
}

/** The begin of a bucket: its day where it is one, its minute, or its second. */
export function formatBucket(atMs: number, bucketMs: number): string {
  if (bucketMs >= dayMs) return day.format(atMs)
  return bucketMs >= minuteMs ? dayAndTime.format(atMs) : clockWithSeconds.format(atMs)
}

/** Of a bucket: `30 min`, `hour`, `12 h`, `day`. */
export function formatLength(ms: number): string {
  if (ms === hourMs) return 'hour'
  if (ms === dayMs) return 'day'
  if (ms < minuteMs) return `${ms / 1_000} s`
  if (ms < hourMs) return `${ms / minuteMs} min`
  return ms % dayMs === 0 ? `${ms / dayMs} days` : `${ms / hourMs} h`
}

/** In the viewer's zone, as a field for times holds it: `2026-03-12T14:05`. */
export function localMinuteOf(atMs: number): string {
  const offsetMs = new Date(atMs).getTimezoneOffset() * minuteMs
  return new Date(atMs - offsetMs).toISOString().slice(0, 16)
}
