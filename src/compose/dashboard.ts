/** Reads the built dashboard, where there is one. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, resolve, sep } from 'node:path'
import {
  createDashboard,
  type Dashboard,
  type DashboardBuild,
  type DashboardFile,
} from '../http/dashboard.ts'

const folder = resolve(import.meta.dirname, '../../dashboard/dist')

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Undefined where nothing is built: the start page then stands in. */
export function readDashboard(): Dashboard | undefined {
  const build = readBuild()
  return build && createDashboard(build)
}

function readBuild(): DashboardBuild | undefined {
  if (!existsSync(join(folder, 'index.html'))) return undefined
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = names
    .filter((name) => extname(name) in contentTypes)
    .map((name): [string, DashboardFile] => [`/${name.split(sep).join('/')}`, readFile(name)])
  return { page: readFileSync(join(folder, 'index.html'), 'utf8'), files: new Map(files) }
}

function readFile(name: string): DashboardFile {
  const read = (suffix: string) => {
    const path = join(folder, name + suffix)
    return existsSync(path) ? readFileSync(path) : undefined
  }
  const brotli = read('.br')
  const gzip = read('.gz')
  return {
    contentType: contentTypes[extname(name)]!,
    body: readFileSync(join(folder, name)),
    ...(brotli && { brotli }),
    ...(gzip && { gzip }),
  }
}
