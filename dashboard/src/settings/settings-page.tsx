/** The settings in force: what is set, and what is a default of it? */

import { Button, CopyButton, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { type Setting, sectionsOf } from './sections.ts'

const route = getRouteApi('/settings')

const columns: readonly Column<Setting>[] = [
  { title: 'Setting', cell: ({ path }) => <code>{<UntrustedText text={path} />}</code> },
  { title: 'Value', cell: ({ value }) => <code>{<UntrustedText text={value} />}</code> },
]

export function SettingsPage(): ReactNode {
  const { q = '' } = route.useSearch()
  const navigate = route.useNavigate()
  const settings = useQuery({
    queryKey: ['settings'],
    queryFn: ({ signal }) => ask('GET /settings', { signal }),
  })
  const text = settings.data && JSON.stringify(settings.data.settings, null, 2)
  return (
    <Page
      title="Settings"
      name="Settings"
      action={
        text !== undefined && (
          <CopyButton value={text}>
            {({ copied, copy }) => (
              <Button variant="default" onClick={copy}>
                {copied ? 'Copied' : 'Copy as JSON'}
              </Button>
            )}
          </CopyButton>
        )
      }
    >
      <Loaded query={settings} what="the settings" height={480}>
        {({ version, file, settings: values }) => {
          const sections = sectionsOf(values, q)
          return (
            <>
              <Panel title="This gateway">
                <Facts
                  facts={[
                    ['Version', version],
                    [
                      'Configuration',
                      file === undefined ? 'no file: defaults' : <UntrustedText key="file" text={file} />,
                    ],
                    ['Changes', 'in the file; it is read again when it changes'],
                    ['Secrets', 'are never shown'],
                  ]}
                />
              </Panel>
              <TextInput
                size="xs"
                aria-label="Find a setting"
                placeholder="Find a setting"
                value={q}
                onChange={(event) =>
                  void navigate({
                    replace: true,
                    search: event.currentTarget.value === '' ? {} : { q: event.currentTarget.value },
                  })
                }
              />
              {sections.length === 0 && <Empty title="No setting matches." />}
              {sections.map(({ name, settings: of }) => (
                <Panel key={name} title={name} isFlush>
                  <DataTable caption={name} columns={columns} things={of} idOf={({ path }) => path} />
                </Panel>
              ))}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}
