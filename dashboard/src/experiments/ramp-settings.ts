/** A route's settings with other shares of its experiment's arms. Pure. */

export interface ArmWeight {
  readonly name: string
  readonly weight: number
}

/** Of the route as it is live; settings come from people, so what is not there is not made up. */
export function armsOf(settings: unknown): readonly ArmWeight[] {
  const { arms } = (experimentOf(settings) ?? {}) as { arms?: unknown }
  return (Array.isArray(arms) ? arms : []).flatMap((arm: unknown): ArmWeight[] => {
    const { name, weight } = (arm ?? {}) as { name?: unknown; weight?: unknown }
    return typeof name === 'string' ? [{ name, weight: typeof weight === 'number' ? weight : 1 }] : []
  })
}

/** Under another name, so that no outcome of the old shares is counted among the new ones. */
export function rampedSettings(
  settings: unknown,
  name: string,
  weights: readonly ArmWeight[],
): Record<string, unknown> {
  const experiment = experimentOf(settings) ?? {}
  const { arms } = experiment as { arms?: unknown }
  const ramped = (Array.isArray(arms) ? arms : []).map((arm: unknown) => {
    const found = weights.find((one) => one.name === (arm as { name?: unknown } | null)?.name)
    return found ? { ...(arm as object), weight: found.weight } : arm
  })
  return { ...(settings as object | undefined), experiment: { ...experiment, name, arms: ramped } }
}

/** `shorter`, then `shorter-2`, then `shorter-3`. */
export function nextName(name: string): string {
  const [, stem = name, number = '1'] = /^(.*?)(?:-(\d{1,4}))?$/s.exec(name) ?? []
  return `${stem}-${Number(number) + 1}`
}

function experimentOf(settings: unknown): object | undefined {
  const { experiment } = (settings ?? {}) as { experiment?: unknown }
  return typeof experiment === 'object' && experiment !== null ? experiment : undefined
}
