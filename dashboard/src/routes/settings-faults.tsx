/** What the gateway says of the settings of a route while they are typed, before they become a revision. */

import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask, type Reply } from '../api/client.ts'
import { visible } from '../format/visible.ts'
import './settings-faults.css'

export type SettingFault = Reply<'GET /routes/{route}/check'>['faults'][number]

const typedMs = 300
/** The settings are a part of the address, which may be 16 KiB long: what is longer is checked as it is saved. */
const maxAskedLength = 12_000
const none: readonly SettingFault[] = []

/** None where the settings are not known to have one. */
export function useSettingFaults(
  route: string,
  settings: Readonly<Record<string, unknown>> | undefined,
): readonly SettingFault[] {
  const text = settings && JSON.stringify(settings)
  const [asked] = useDebouncedValue(text, typedMs)
  const check = useQuery({
    queryKey: ['routes', route, 'check', asked],
    queryFn: ({ signal }) =>
      ask('GET /routes/{route}/check', { params: { route }, query: { settings: asked ?? '' }, signal }),
    enabled: asked !== undefined && encodeURIComponent(asked).length <= maxAskedLength,
  })
  return (asked === text && check.data?.faults) || none
}

export function SettingFaults({ faults }: { readonly faults: readonly SettingFault[] }): ReactNode {
  return faults.map(({ path, message, mend }) => (
    <span key={`${path} ${message}`} className="setting-fault">
      {path !== '' && <code>{visible(path)}</code>} {visible(message)}. <Marked text={visible(mend)} />
    </span>
  ))
}

/** What stands between backticks is code. */
function Marked({ text }: { readonly text: string }): ReactNode {
  return text.split('`').map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part))
}
