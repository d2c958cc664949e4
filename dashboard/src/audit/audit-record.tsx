/** One act of the audit, with what was before and after. */

import type { ReactNode } from 'react'
import { formatMoment } from '../format/time.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Facts } from '../ui/facts.tsx'
import { TextDiff } from '../ui/text-diff.tsx'
import { UntrustedBlock, UntrustedText } from '../ui/untrusted-text.tsx'
import type { Act } from './act.ts'

interface AuditRecordProps {
  readonly act: Act
  onClose(): void
}

export function AuditRecord({ act, onClose }: AuditRecordProps): ReactNode {
  const { seq, at, actor, action, object, before, after, address, request_id: request, hash } = act
  return (
    <Dialog onClose={onClose} size="lg" title={`${action}, #${seq}`}>
      <div className="stack">
        <Facts
          facts={[
            ['When', formatMoment(Date.parse(at))],
            ['Actor', <UntrustedText key="actor" text={actor} />],
            ['Object', <UntrustedText key="object" text={object} />],
            ['From', address],
            ['Request', request && <code key="request">{request}</code>],
            ['Hash', <code key="hash">{hash.slice(0, 16)}…</code>],
          ]}
        />
        {before !== undefined && after !== undefined ? (
          <TextDiff label="Before and after" before={textOf(before)} after={textOf(after)} />
        ) : (
          <UntrustedBlock text={textOf(after ?? before)} />
        )}
      </div>
    </Dialog>
  )
}

function textOf(value: unknown): string {
  return value === undefined ? 'Nothing more is recorded.' : JSON.stringify(value, null, 2)
}
