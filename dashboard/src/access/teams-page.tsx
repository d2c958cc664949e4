/** The teams: who shares keys, and what they are charged? */

import { Button, Modal, NumberInput, Skeleton, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import { formatUsd } from '../format/number.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { LoadFault } from '../ui/load-fault.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { keysQuery, type Team, teamsQuery, usersQuery } from './owners.ts'
import { RemoveOwner } from './remove-owner.tsx'

export function TeamsPage(): ReactNode {
  const teams = useQuery(teamsQuery)
  const users = useQuery(usersQuery).data?.data
  const keys = useQuery(keysQuery).data?.data
  const [isCreating, setCreating] = useState(false)
  const [removed, setRemoved] = useState<Team>()
  const counted = (things: readonly { team?: string | undefined }[] | undefined, { id }: Team) =>
    things ? String(things.filter(({ team }) => team === id).length) : '-'
  const columns: Column<Team>[] = [
    { title: 'Name', cell: ({ name }) => <UntrustedText text={name} /> },
    { title: 'Members', isNumber: true, cell: (team) => counted(users, team) },
    {
      title: 'Active keys',
      isNumber: true,
      cell: (team) =>
        counted(
          keys?.filter(({ status }) => status === 'active'),
          team,
        ),
    },
    { title: 'Mark-up', isNumber: true, cell: ({ markup_percent: percent }) => `${percent} %` },
    {
      title: 'Credit',
      isNumber: true,
      cell: ({ credit_usd: usd }) => (usd === undefined ? 'billed afterwards' : formatUsd(Number(usd))),
    },
    { title: 'Created', cell: ({ created_at: at }) => <When at={at} /> },
    {
      title: 'Actions',
      isUntitled: true,
      cell: (team) => (
        <Button
          variant="subtle"
          color="red"
          aria-label={`Remove ${team.name}`}
          onClick={() => setRemoved(team)}
        >
          Remove…
        </Button>
      ),
    },
  ]
  return (
    <Page title="Teams" name="Teams" action={<Button onClick={() => setCreating(true)}>Create team</Button>}>
      {teams.error ? (
        <LoadFault what="the teams" error={teams.error} retry={() => void teams.refetch()} />
      ) : (
        <Panel title="Teams" isFlush>
          {!teams.data ? (
            <Skeleton height={240} />
          ) : teams.data.data.length > 0 ? (
            <DataTable caption="Teams" columns={columns} things={teams.data.data} idOf={({ id }) => id} />
          ) : (
            <Empty title="No teams yet.">A team shares keys, a mark-up and a credit.</Empty>
          )}
        </Panel>
      )}
      {isCreating && <CreateTeam onClose={() => setCreating(false)} />}
      {removed && <RemoveOwner kind="teams" owner={removed} onClose={() => setRemoved(undefined)} />}
    </Page>
  )
}

function CreateTeam({ onClose }: { readonly onClose: () => void }): ReactNode {
  const queries = useQueryClient()
  const [name, setName] = useState('')
  const [markup, setMarkup] = useState<number | string>(0)
  const [credit, setCredit] = useState('')
  const { isPending, error, mutate } = useMutation({
    mutationFn: () =>
      ask('POST /teams', {
        body: {
          name,
          markup_percent: Number(markup),
          ...(credit.trim() !== '' && { credit_usd: credit.trim() }),
        },
      }),
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: teamsQuery.queryKey })
      onClose()
    },
  })
  return (
    <Modal opened onClose={onClose} title="Create team">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          mutate()
        }}
      >
        <TextInput
          label="Name"
          required
          maxLength={200}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <NumberInput
          label="Mark-up, percent"
          description="Charged above the provider's price."
          min={0}
          max={1000}
          decimalScale={2}
          value={markup}
          onChange={setMarkup}
        />
        <TextInput
          label="Credit, USD"
          description="Paid in advance. Empty: billed afterwards."
          inputMode="decimal"
          value={credit}
          onChange={(event) => setCredit(event.currentTarget.value)}
        />
        {error && <span role="alert">{error.message}</span>}
        <div className="row dialog-actions">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={isPending}>
            Create team
          </Button>
        </div>
      </form>
    </Modal>
  )
}
