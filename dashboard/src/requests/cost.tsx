/** What a request was charged, line by line of the ledger, with their sum. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { formatUsd } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { linesQuery } from './request-queries.ts'

export function Cost({ id }: { readonly id: string }): ReactNode {
  const lines = useQuery(linesQuery(id))
  return (
    <Loaded query={lines} what="the ledger's lines" height={96}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty title="Nothing was charged." />
        ) : (
          <Facts
            isList
            facts={[
              ...data
                .toSorted((one, other) => one.attempt - other.attempt)
                .map(
                  (line) =>
                    [
                      visible(`${lineName(line)}${line.provider}/${line.model}`),
                      formatUsd(Number(line.charged_usd)),
                    ] as const,
                ),
              ['Sum', <strong key="sum">{formatUsd(chargedOf(data))}</strong>],
            ]}
          />
        )
      }
    </Loaded>
  )
}

interface Line {
  readonly attempt: number
  readonly kind: string
}

function lineName({ attempt, kind }: Line): string {
  return kind === 'settle' ? `${attempt}. ` : `${attempt}. ${kind}, `
}

/** Of all lines: whole nano-dollars, so that the sum is that of the lines and not of their nearest fractions. */
export function chargedOf(lines: readonly { readonly charged_usd: string }[]): number {
  return lines.reduce((sum, { charged_usd: usd }) => sum + Math.round(Number(usd) * 1e9), 0) / 1e9
}
