/** `weir account`: lets people sign in, and takes it from them again. */

import type { Command } from 'commander'
import { asArray, asObject, asString, type Json, type JsonObject } from '../core/json.ts'
import { type AdminClient, type DataFlags, withAdmin } from './admin-client.ts'
import { alignColumns } from './columns.ts'
import type { Output } from './output.ts'

interface Flags extends DataFlags {
  readonly json?: true
}

interface RoleFlags extends Flags {
  readonly name?: string
  readonly role: string
  readonly team?: string
}

/** Adds the verb. Exit code 1 where the gateway refuses. */
export function addAccount(program: Command, output: Output): void {
  const account = program
    .command('account')
    .description('people who sign in: create, list, invite, role, remove')
  withDataFlags(account.command('create <email>').description('make an account; prints its invitation'))
    .option('--name <name>', 'what they are called (default: the address)')
    .option('--role <role>', 'owner, admin, member, viewer or auditor', 'owner')
    .option('--team <id>', 'only in this team')
    .action((email: string, flags: RoleFlags) => create(email, flags, output))
  withDataFlags(account.command('list').description('who may sign in, and with which roles')).action(
    async (flags: Flags) => list(await withAdmin(flags, accountsOf), flags, output),
  )
  withDataFlags(
    account.command('invite <email>').description('print a link that sets a new password, once'),
  ).action((email: string, flags: Flags) =>
    run(email, flags, output, (admin, id) => invite(admin, id, output, flags)),
  )
  withDataFlags(account.command('role <email>').description('give another role, in place of all before'))
    .requiredOption('--role <role>', 'owner, admin, member, viewer or auditor')
    .option('--team <id>', 'only in this team')
    .action((email: string, flags: RoleFlags) =>
      run(email, flags, output, async (admin, id) => {
        const user = await admin.put(`/users/${id}/account`, { roles: [grantOf(flags)] })
        if (flags.json) output.printJson(user)
      }),
    )
  withDataFlags(
    account.command('remove <email>').description('end that somebody may sign in, and their sessions'),
  ).action((email: string, flags: Flags) =>
    run(email, flags, output, async (admin, id) => {
      const user = await admin.delete(`/users/${id}/account`)
      if (flags.json) output.printJson(user)
    }),
  )
}

function withDataFlags(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file (default: weir.yaml, where there is one)')
    .option('--data <folder>', 'folder of everything the gateway keeps')
    .option('--json', 'print JSON')
}

function grantOf({ role, team }: RoleFlags): JsonObject {
  return { role, ...(team !== undefined && { team }) }
}

async function create(email: string, flags: RoleFlags, output: Output): Promise<void> {
  const { name = email, team } = flags
  await withAdmin(flags, async (admin) => {
    const wish = { name, email, ...(team !== undefined && { team }) }
    const id = asString(asObject(await admin.post('/users', wish))?.['id']) ?? ''
    try {
      await admin.put(`/users/${id}/account`, { roles: [grantOf(flags)] })
    } catch (error) {
      await admin.delete(`/users/${id}`) // nobody is left behind who has no role
      throw error
    }
    await invite(admin, id, output, flags)
  })
}

/** The link alone stands on standard output, so that a script can take it. */
async function invite(admin: AdminClient, id: string, output: Output, flags: Flags): Promise<void> {
  const invitation = asObject(await admin.post(`/users/${id}/invitation`))
  if (flags.json) return output.printJson({ ...invitation, user: id })
  output.print(asString(invitation?.['url']) ?? asString(invitation?.['path']) ?? '')
  output.note('whoever opens this link on the gateway chooses the password, once, within three days')
}

async function run(
  email: string,
  flags: Flags,
  output: Output,
  act: (admin: AdminClient, id: string) => Promise<void>,
): Promise<void> {
  await withAdmin(flags, async (admin) => {
    const wanted = email.trim().toLowerCase()
    const user = (await accountsOf(admin)).find((one) => asString(one['email'])?.toLowerCase() === wanted)
    if (!user) throw new Error(`nobody signs in as ${email}`)
    await act(admin, encodeURIComponent(asString(user['id']) ?? ''))
    if (!flags.json) output.note(`done for ${email}`)
  })
}

const pageSize = 1000

async function accountsOf(admin: AdminClient): Promise<JsonObject[]> {
  const users: Json[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const after: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page = asObject(await admin.get(`/users?limit=${pageSize}${after}`))
    users.push(...asArray(page?.['data']))
    cursor = asString(page?.['next_cursor'])
  }
  return users.map((user) => asObject(user) ?? {}).filter((user) => user['roles'] !== undefined)
}

function list(users: readonly JsonObject[], flags: Flags, output: Output): void {
  if (flags.json) return output.printJson({ data: users })
  const rows = users.map((user) => [
    asString(user['email']) ?? '',
    asString(user['name']) ?? '',
    asArray(user['roles']).map(roleText).join(' '),
    asString(user['signs_in_by']) ?? '',
  ])
  for (const line of alignColumns([['E-MAIL', 'NAME', 'ROLES', 'SIGNS IN BY'], ...rows])) output.print(line)
}

function roleText(grant: Json): string {
  const { role, team } = asObject(grant) ?? {}
  return `${asString(role) ?? ''}${team === undefined ? '' : `@${asString(team) ?? ''}`}`
}
