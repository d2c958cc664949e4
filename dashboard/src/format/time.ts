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

/** With seconds and the zone, for those who must know. */
export function formatMoment(atMs: number): string {
  return whole.format(atMs)
}

/** Of the day, with seconds. */
export function formatClock(atMs: number): string {
  return clockWithSeconds.format(atMs)
}

/** A label of a time axis that spans this much. */
export function formatTick(atMs: number, spanMs: number): string {
  if (spanMs <= 2 * dayMs) return clock.format(atMs)
  return day.format(atMs)
}
