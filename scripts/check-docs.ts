/**
 * Writes the generated documentation (`--write`), or checks that it is fresh, that no local link is dead,
 * that every dependency has its reason, and that every test which a page names exists.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { errorTable } from '../src/core/error.ts'
import { renderConfigReference, renderConfigSchema } from '../src/config/json-schema.ts'
import { renderSuiteSchema } from '../src/judgement/suite/settings.ts'
import { providerTable } from '../src/providers/table.ts'
import { faults } from '../src/simulator/faults.ts'
import { models } from '../src/simulator/models.ts'
import { fetchAdminDocument } from './docs/admin-document.ts'
import { renderAdminPolicies, renderAdminTypes } from './docs/admin-types.ts'
import { renderErrors } from './docs/error-reference.ts'
import { deadLinksIn } from './docs/links.ts'
import { renderProviders } from './docs/provider-list.ts'
import { renderRoles } from './docs/role-page.ts'
import { renderSecurity, unprovenControls } from './docs/security-page.ts'
import { renderSimulator } from './docs/simulator-page.ts'

interface Generated {
  /** Where it is kept, relative to the root of the repository. */
  readonly path: string
  /** What a reader edits instead. */
  readonly source: string
  readonly render: () => string | Promise<string>
}

/** One row per generated file. */
const generated: readonly Generated[] = [
  { path: 'docs/errors.md', source: 'src/core/error.ts', render: () => renderErrors(errorTable) },
  {
    path: 'docs/providers.md',
    source: 'src/providers/table.ts',
    render: () => renderProviders(providerTable),
  },
  {
    path: 'docs/simulator.md',
    source: 'src/simulator/models.ts and faults.ts',
    render: () => renderSimulator(models, faults),
  },
  { path: 'docs/config.md', source: 'src/config/schema.ts', render: renderConfigReference },
  { path: 'docs/weir.schema.json', source: 'src/config/schema.ts', render: renderConfigSchema },
  { path: 'docs/security.md', source: 'scripts/docs/security-controls.ts', render: renderSecurity },
  {
    path: 'docs/weir-suite.schema.json',
    source: 'src/judgement/suite/settings.ts',
    render: renderSuiteSchema,
  },
  {
    path: 'docs/roles.md',
    source: 'src/admin/policy.ts and the rows of the admin API',
    render: async () => renderRoles(await fetchAdminDocument()),
  },
  {
    path: 'dashboard/src/api/schema.ts',
    source: 'the rows of the admin API',
    render: async () => renderAdminTypes(await fetchAdminDocument()),
  },
  {
    path: 'dashboard/src/api/policies.ts',
    source: 'the rows of the admin API',
    render: async () => renderAdminPolicies(await fetchAdminDocument()),
  },
]

const root = resolve(import.meta.dirname, '..')

/** Markdown cannot be parsed back, so a note at its top says where the text comes from. JSON has no comments. */
async function textOf({ path, source, render }: Generated): Promise<string> {
  const text = await render()
  return path.endsWith('.md')
    ? `<!-- Generated from ${source} by \`npm run docs\`; do not edit. -->\n\n${text}`
    : text
}

function storedText(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function write(): Promise<void> {
  for (const row of generated) {
    mkdirSync(dirname(join(root, row.path)), { recursive: true })
    writeFileSync(join(root, row.path), await textOf(row))
    console.log(`wrote ${row.path}`)
  }
}

/** Dependencies of package.json that docs/dependencies.md gives no reason for, or that are not pinned exactly. */
function unexplainedDependencies(): string[] {
  const manifest = JSON.parse(storedText('package.json') ?? '{}') as Record<
    string,
    Record<string, string> | undefined
  >
  const page = storedText('docs/dependencies.md') ?? ''
  return ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).flatMap(([name, version]) => [
      ...(page.includes(`\`${name}\``) ? [] : [`docs/dependencies.md gives no reason for ${name}`]),
      ...(kind === 'peerDependencies' || /^\d+\.\d+\.\d+$/.test(version)
        ? []
        : [`${name} is not pinned exactly`]),
    ]),
  )
}

async function check(): Promise<string[]> {
  const stale: string[] = []
  for (const row of generated) {
    if (storedText(row.path) !== (await textOf(row))) {
      stale.push(`${row.path} is not what ${row.source} says: run \`npm run docs\``)
    }
  }
  const top = readdirSync(root).filter((name) => name.endsWith('.md'))
  const nested = ['docs', 'bench', 'examples'].flatMap((folder) =>
    readdirSync(root).includes(folder)
      ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
          .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
          .map((name) => `${folder}/${name}`)
      : [],
  )
  return [
    ...stale,
    ...unexplainedDependencies(),
    ...unprovenControls(root),
    ...[...top, ...nested].flatMap((file) => deadLinksIn(root, file)),
  ]
}

if (process.argv.includes('--write')) {
  await write()
} else {
  const faults = await check()
  for (const fault of faults) console.error(fault)
  process.exitCode = faults.length === 0 ? 0 : 1
}
