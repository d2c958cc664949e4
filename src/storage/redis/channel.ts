/** A channel of Redis on which instances tell each other that something has changed: fast, and never relied upon. */

import type { Redis } from './connect.ts'

export interface Channel {
  /** Tells the other instances, and this one too. What cannot be told is not told later. */
  tell(topic: string): void
  close(): void
}

const channelName = 'weir:changes:1'

/** `onTold` also hears, with no topic, that it may have missed something: after each connection. */
export async function openChannel(
  redis: Redis,
  onTold: (topic: string | undefined) => void,
  onError: (cause: unknown) => void,
): Promise<Channel> {
  // A connection that listens can do nothing else.
  const listener = redis.text.duplicate()
  listener.on('error', onError)
  listener.on('ready', () => onTold(undefined))
  // Once it is connected, and again after each time that it was lost; nothing waits for it.
  const subscribe = async (): Promise<void> => {
    await listener.connect()
    await listener.subscribe(channelName, (topic) => onTold(topic))
  }
  void subscribe().catch(onError)
  return {
    tell: (topic) => void redis.text.publish(channelName, topic).catch(onError),
    close: () => listener.destroy(),
  }
}
