/** Judges how old the versions of a lockfile were when they came into it. Pure. */

/** Most poisoned releases are found within this time. */
const leastDays = 7
const dayMs = 86_400_000

export interface Locked {
  readonly name: string
  readonly version: string
}

interface Lockfile {
  readonly packages?: Readonly<Record<string, { readonly name?: string; readonly version?: string }>>
}

/** Each version once, by name. Of an alias it is the package that it stands for. */
export function lockedVersions(text: string): readonly Locked[] {
  const { packages = {} } = JSON.parse(text) as Lockfile
  const found = new Map<string, Locked>()
  for (const [
    place,
    { name = place.slice(place.lastIndexOf('node_modules/') + 13), version },
  ] of Object.entries(packages)) {
    if (place !== '' && version !== undefined) found.set(`${name}@${version}`, { name, version })
  }
  return [...found.keys()].toSorted().map((id) => found.get(id)!)
}

/** What the lockfile has now and did not have before. */
export function newVersions(before: string, now: string): readonly Locked[] {
  const known = new Set(lockedVersions(before).map(({ name, version }) => `${name}@${version}`))
  return lockedVersions(now).filter(({ name, version }) => !known.has(`${name}@${version}`))
}

/** Undefined where it was old enough. `releasedAt` as the registry tells it. */
export function faultOfAge(
  { name, version }: Locked,
  releasedAt: string,
  lockedAtMs: number,
): string | undefined {
  const days = (lockedAtMs - Date.parse(releasedAt)) / dayMs
  if (days >= leastDays) return undefined
  return `${name}@${version} was released on ${releasedAt}: ${days.toFixed(1)} days before it was taken up, not ${leastDays}`
}
