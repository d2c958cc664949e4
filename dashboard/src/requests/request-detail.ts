/** One request whole, as its page and the page's parts have it. */

import type { Reply } from '../api/client.ts'

export type RequestDetail = Reply<'GET /requests/{id}'>
