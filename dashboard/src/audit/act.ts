/** One act of the audit, as the pages have it. */

import type { Item } from '../api/client.ts'

export type Act = Item<'GET /audit'>
