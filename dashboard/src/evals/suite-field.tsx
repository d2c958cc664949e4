/** Chooses the suite: one that ran before, a pack that is generated, or files from this machine. */

import { Input, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useId } from 'react'
import { ask } from '../api/client.ts'
import { formatWhen } from '../format/time.ts'
import { visible } from '../format/visible.ts'
import { type Draft, suiteFiles } from './draft.ts'

interface SuiteFieldProps {
  readonly draft: Draft
  onChange(changed: Partial<Draft>): void
}

export function SuiteField({ draft, onChange }: SuiteFieldProps): ReactNode {
  const field = useId()
  const suites = useQuery({
    queryKey: ['evals', 'suites'],
    queryFn: ({ signal }) => ask('GET /eval-suites', { signal }),
  })
  const known = suites.data?.data ?? []
  const names = suiteFiles(draft.files)
  const nowMs = suites.dataUpdatedAt
  const take = async (list: FileList | null) => {
    const texts = await Promise.all(
      [...(list ?? [])].map(async (file) => [file.name, await file.text()] as const),
    )
    const files = Object.fromEntries(texts)
    onChange({ files, entry: suiteFiles(files)[0] ?? '' })
  }
  return (
    <div className="grid">
      <div className="six">
        <NativeSelect
          label="Suite"
          description="One that ran before, with its files, or a pack of edge cases."
          value={names.length > 0 ? '' : draft.entry}
          onChange={(event) => onChange({ entry: event.currentTarget.value, files: {} })}
          data={[
            { value: '', label: names.length > 0 ? 'from the files' : 'Choose…' },
            ...known.map(({ entry, name, last_run_at: at }) => ({
              value: entry,
              label:
                at === undefined
                  ? `Pack: ${name}`
                  : `${visible(name)}, ran ${formatWhen(Date.parse(at), nowMs)}`,
            })),
          ]}
        />
      </div>
      <div className="six">
        <Input.Wrapper
          id={field}
          label="Or its files"
          description="YAML or JSON, with the prompts and tables that it names."
        >
          <input
            id={field}
            className="file-input"
            type="file"
            multiple
            accept=".yaml,.yml,.json,.jsonl,.csv,.txt,.md"
            onChange={(event) => void take(event.currentTarget.files)}
          />
        </Input.Wrapper>
        {names.length > 1 && (
          <NativeSelect
            mt={8}
            label="Which of them is the suite"
            value={draft.entry}
            onChange={(event) => onChange({ entry: event.currentTarget.value })}
            data={names}
          />
        )}
        {Object.keys(draft.files).length > 0 && names.length === 0 && (
          <span role="alert">None of these files is YAML or JSON.</span>
        )}
      </div>
    </div>
  )
}
