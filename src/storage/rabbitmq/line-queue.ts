/** The queue that a batch has in RabbitMQ, and how long its answers are waited for. */

import type { Channel } from 'amqplib'

/** Messages that went round and round: their lines are offered again from their rows. */
export const deadQueue = 'weir.lines.dead'
const maxDeliveries = 20
/** A queue that nobody has used for so long is gone; rows that were in it are offered again. */
const keptMs = 3_600_000
const answerTimeoutMs = 2000

export function queueOf(batchId: string): string {
  return `weir.lines.${batchId}`
}

/** Made where there is none. Gives how many messages wait in it. */
export async function declare(channel: Channel, batchId: string): Promise<number> {
  const { messageCount } = await channel.assertQueue(queueOf(batchId), {
    durable: true,
    expires: keptMs,
    deadLetterExchange: '',
    deadLetterRoutingKey: deadQueue,
    arguments: { 'x-queue-type': 'quorum', 'x-delivery-limit': maxDeliveries },
  })
  return messageCount
}

/** A broker that hangs is a broker that is away. */
export async function inTime<Value>(answer: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`RabbitMQ did not answer within ${answerTimeoutMs} ms`)),
      answerTimeoutMs,
    )
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
