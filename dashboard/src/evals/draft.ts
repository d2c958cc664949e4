/** A run that is being put together, as its form holds it. Pure. */

import type { AdminApi } from '../api/schema.ts'

export interface Draft {
  /** Of a suite that is known, or the file among `files`; empty before one is chosen. */
  readonly entry: string
  /** Texts by name, where files were chosen. */
  readonly files: Readonly<Record<string, string>>
  readonly candidate: string
  readonly baseline: string
  /** Empty: as the suite says. */
  readonly repeat: number | string
  readonly maxUsd: string
}

export const newDraft: Draft = {
  entry: '',
  files: {},
  candidate: '',
  baseline: '',
  repeat: '',
  maxUsd: '',
}

/** What is empty is left to the suite. */
export function startBody(draft: Draft): AdminApi['POST /evals']['body'] {
  const { entry, files, candidate, baseline, repeat, maxUsd } = draft
  const [own, other, most] = [candidate, baseline, maxUsd].map((text) => text.trim())
  return {
    entry,
    files,
    ...(own && { candidate: own }),
    ...(other && { baseline: other }),
    ...(repeat !== '' && { repeat: Number(repeat) }),
    ...(most && { max_usd: most }),
  }
}

/** The files that may be a suite by their names, the likeliest first. */
export function suiteFiles(files: Draft['files']): string[] {
  const isSuite = (name: string) => /\.(ya?ml|json)$/i.test(name)
  const hasTests = (name: string) => /^\s*"?(tests|prompts)"?\s*:/m.test(files[name] ?? '')
  return Object.keys(files)
    .filter(isSuite)
    .toSorted((a, b) => Number(hasTests(b)) - Number(hasTests(a)) || a.localeCompare(b))
}
