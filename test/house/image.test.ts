/** What the Dockerfile copies into the image is enough to serve: laid out as it says, without an engine. */

import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'node:test'
import { serveProcess } from '../support/process.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const root = resolve(import.meta.dirname, '../..')

/** The pairs of source and place of the last stage, in whose words what an earlier stage made is in the same place. */
function copiesOfLastStage(): { from: string; to: string }[] {
  const stages = readFileSync(join(root, 'Dockerfile'), 'utf8').split(/^FROM /m)
  return [...stages.at(-1)!.matchAll(/^COPY (.+)$/gm)].flatMap(([, words]) => {
    const paths = words!.split(' ').filter((word) => !word.startsWith('--'))
    const to = paths.pop()!
    return paths.map((path) => {
      const from = path.replace('/weir/', '')
      return { from, to: to === './' ? from : to }
    })
  })
}

const skip = existsSync(join(root, 'dashboard/dist'))
  ? false
  : 'the dashboard is not built (`npm run dashboard`)'

test('the files of the image are a gateway that serves its pages and answers', { skip }, async (t) => {
  const folder = createTemporaryFolder()
  const image = join(folder, 'weir')
  mkdirSync(image)
  for (const { from, to } of copiesOfLastStage()) {
    if (from === 'node_modules') symlinkSync(join(root, from), join(image, to))
    else cpSync(join(root, from), join(image, to), { recursive: true, filter: isInContext })
  }
  const { url } = await serveProcess(t, { folder, launcher: join(image, 'bin/weir') }, {}, {})
  for (const path of ['/health/live', '/health/ready', '/']) {
    const answer = await fetch(url + path)
    assert.equal(answer.status, 200, path)
    await answer.arrayBuffer()
  }
})

/** As .dockerignore has it. */
function isInContext(path: string): boolean {
  return !path.endsWith('.test.ts')
}
