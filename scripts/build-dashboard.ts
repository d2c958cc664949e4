/**
 * Builds the dashboard after an install that has what this takes. An install for production alone has not, and one
 * with `--ignore-scripts` never comes here: the gateway then serves its start page.
 */

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const vite = resolve(root, 'node_modules/vite/bin/vite.js')

if (!existsSync(vite) || !existsSync(resolve(root, 'dashboard/index.html'))) {
  console.log('The dashboard is not built here: its build tool is not installed.')
} else {
  const { status } = spawnSync(process.execPath, [vite, 'build', 'dashboard', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
}
