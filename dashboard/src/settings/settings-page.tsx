/** The settings in force: what is set, and what is a default of it? */

import { Button, CopyButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { AddressField } from '../ui/address-field.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Facts } from '../ui/facts.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { type Section, type Setting, sectionsOf } from './sections.ts'
import { StoredSecrets } from './stored-secrets.tsx'
import './settings.css'

const route = getRouteApi('/settings')

const columns: readonly Column<Setting>[] = [
  { title: 'Setting', cell: ({ path }) => <code>{<UntrustedText text={path} />}</code> },
  { title: 'Value', cell: ({ value }) => <code>{<UntrustedText text={value} />}</code> },
  {
    title: 'From',
    cell: ({ isSet }) => (isSet ? <strong>the file</strong> : <span className="dim">default</span>),
  },
]

export function SettingsPage(): ReactNode {
  const { q = '', section } = route.useSearch()
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
        {({ version, file, settings: values, written }) => {
          const sections = sectionsOf({ settings: values, written }, q)
          return (
            <>
              <Panel title="This gateway">
                <Facts
                  facts={[
                    ['Version', version],
                    [
                      'Configuration',
                      file === undefined ? (
                        'no file: defaults'
                      ) : (
                        <code key="file">
                          <UntrustedText text={file} />
                        </code>
                      ),
                    ],
                  ]}
                />
                <p className="dim">
                  Settings are changed in the file, which is read again when it changes. Secrets are never
                  shown.
                </p>
              </Panel>
              <AddressField
                label="Find a setting"
                value={q}
                write={(text) =>
                  navigate({
                    replace: true,
                    search: { ...(section && { section }), ...(text !== '' && { q: text }) },
                  })
                }
              />
              {sections.length === 0 && <Empty title="No setting matches." />}
              <Sections sections={sections} picked={section} />
              {keepsSecrets(values) && <StoredSecrets />}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function keepsSecrets({ secrets }: Readonly<Record<string, unknown>>): boolean {
  return typeof secrets === 'object' && secrets !== null && 'stored' in secrets
}

interface SectionsProps {
  readonly sections: readonly Section[]
  /** The first where it is absent, or not among them. */
  readonly picked: string | undefined
}

function Sections({ sections, picked }: SectionsProps): ReactNode {
  const shown = sections.find(({ name }) => name === picked) ?? sections[0]
  if (!shown) return null
  return (
    <div className="grid">
      <nav className="three settings-sections" aria-label="Sections">
        {sections.map(({ name, settings }) => (
          <Link
            key={name}
            to="/settings"
            search={(search) => ({ ...search, section: name })}
            aria-current={name === shown.name ? 'true' : undefined}
          >
            {name} <span className="dim">{settings.length}</span>
          </Link>
        ))}
      </nav>
      <Panel title={shown.name} className="nine" isFlush>
        <DataTable caption={shown.name} columns={columns} things={shown.settings} idOf={({ path }) => path} />
      </Panel>
    </div>
  )
}
