/** A snapshot that cannot be opened leaves nothing open behind it. */

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { openLedgerSnapshot } from './ledger-snapshot.ts'

const descriptors = '/proc/self/fd'

/** How often this process has the file open. */
function timesOpen(path: string): number {
  return readdirSync(descriptors).filter((name) => {
    const link = join(descriptors, name)
    // The listing's own descriptor is gone by now.
    return existsSync(link) && readlinkSync(link) === path
  }).length
}

test(
  'a file that is no ledger is closed again',
  { skip: !existsSync(descriptors) && 'no list of open files here' },
  () => {
    const path = join(createTemporaryFolder(), 'other.db')
    const other = new DatabaseSync(path)
    other.exec('create table other (n integer)')
    assert.ok(timesOpen(path) > 0)
    other.close()
    assert.throws(() => openLedgerSnapshot(path), /rollup_state/)
    assert.equal(timesOpen(path), 0)
  },
)
