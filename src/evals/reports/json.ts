/** The report as JSON: the file that `eval analyze` makes every number from again, and what the administration API gives. */

import { asArray, asObject, asString, defined, type Json, type JsonObject } from '../../core/json.ts'
import type { Report, RunFacts } from '../report.ts'
import type { CaseRow } from '../row.ts'

/** Costs are numbers of USD here, exact to the nano-dollar for any call. */
export function rowToJson(row: CaseRow): JsonObject {
  const {
    isCritical,
    isCached,
    model,
    provider,
    costNanoUsd,
    gradingNanoUsd,
    firstTokenMs,
    replies,
    ...rest
  } = row
  const finishReason = replies.at(-1)?.finishReason
  return defined({
    ...rest,
    critical: isCritical,
    replies,
    finishReason,
    provider,
    resolvedModel: model,
    costUsd: costNanoUsd === undefined ? undefined : costNanoUsd / 1e9,
    gradingUsd: gradingNanoUsd / 1e9,
    ttftMs: firstTokenMs,
    cached: isCached,
  }) as unknown as JsonObject
}

export function rowFromJson(value: JsonObject): CaseRow {
  const { critical, cached, resolvedModel, costUsd, gradingUsd, ttftMs, finishReason: _, ...rest } = value
  const nano = (amount: Json | undefined): number | undefined =>
    typeof amount === 'number' ? Math.round(amount * 1e9) : undefined
  return defined({
    ...(rest as unknown as CaseRow),
    isCritical: critical === true,
    isCached: cached === true,
    model: resolvedModel as string | undefined,
    costNanoUsd: nano(costUsd),
    gradingNanoUsd: nano(gradingUsd) ?? 0,
    firstTokenMs: ttftMs as number | undefined,
  })
}

/** Line by line: thousands of answers as one text would take several times the memory of the answers. */
export function* reportToJson({ rows, ...report }: Report): Iterable<string> {
  yield `${JSON.stringify(toHead(report), null, 2).slice(0, -'\n}'.length)},`
  yield '  "rows": ['
  for (const [index, row] of rows.entries()) {
    yield `    ${JSON.stringify(rowToJson(row))}${index < rows.length - 1 ? ',' : ''}`
  }
  yield '  ]\n}'
}

/** `gate` is what was decided, of several candidates the worst; what was asked for stands beside it. */
function toHead({ gate: gateSettings, arms, ...rest }: Omit<Report, 'rows'>): object {
  const gates = rest.comparisons.flatMap(({ gate }) => gate ?? [])
  return defined({
    ...rest,
    arms: arms.map((arm) => ({ ...placeOf(arm.target), ...arm })),
    gateSettings,
    gate: gates.find(({ verdict }) => verdict === rest.verdict) ?? gates[0],
  })
}

/** `billing@8` is revision 8 of the route; a target without a revision is told as it is named. */
function placeOf(target: string): { route: string; revision?: number } {
  const [, route, revision] = /^(.+)@(\d+)$/.exec(target) ?? []
  return route === undefined ? { route: target } : { route, revision: Number(revision) }
}

/** One row on each line. */
export function* rowsToLines(rows: readonly CaseRow[]): Iterable<string> {
  for (const row of rows) yield JSON.stringify(rowToJson(row))
}

/** What the figures are made from. Throws where the text is no report. */
export function factsFromJson(text: string): { facts: RunFacts; rows: CaseRow[] } {
  const value = JSON.parse(text) as JsonObject
  if (value['version'] !== 1 || !Array.isArray(value['rows']) || !Array.isArray(value['arms'])) {
    throw new Error('this is no report of `weir eval run`')
  }
  const {
    rows,
    arms,
    tags: _t,
    clusters: _c,
    comparisons: _p,
    drops: _d,
    verdict: _v,
    version: _n,
    gate: _g,
    gateSettings,
    ...facts
  } = value
  return {
    facts: {
      ...(facts as unknown as RunFacts),
      ...(gateSettings !== undefined && { gate: gateSettings as unknown as NonNullable<RunFacts['gate']> }),
      arms: asArray(arms).map((arm) => {
        const { label, target, isBaseline } = asObject(arm)!
        return {
          label: asString(label) ?? '',
          target: asString(target) ?? '',
          isBaseline: isBaseline === true,
        }
      }),
    },
    rows: asArray(rows).map((row) => rowFromJson(asObject(row)!)),
  }
}
