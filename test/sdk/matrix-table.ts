/** The matrix as lines for people: one for each SDK and feature, with the providers that hold. */

export interface Cell {
  readonly sdk: string
  readonly provider: string
  readonly feature: string
  /** `absent`: the SDK or the provider has no such thing. */
  readonly outcome: 'passed' | 'failed' | 'absent'
}

export function matrixTable(cells: readonly Cell[]): string[] {
  const groups = Map.groupBy(cells, ({ sdk, feature }) => `${sdk} | ${feature}`)
  return [...groups].map(([name, group]) => {
    const providersOf = (wanted: Cell['outcome']) =>
      group
        .filter(({ outcome }) => outcome === wanted)
        .map(({ provider }) => provider)
        .join(' ')
    const failed = providersOf('failed')
    const absent = providersOf('absent')
    return [
      `${name} | ${providersOf('passed') || '-'}`,
      ...(failed === '' ? [] : [`FAILED: ${failed}`]),
      ...(absent === '' ? [] : [`absent: ${absent}`]),
    ].join(' | ')
  })
}
