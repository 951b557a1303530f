// What every form does that sends something: it is busy meanwhile, and says what was refused in the server's words.
import { type Ref, ref } from 'vue'
import { Problem } from '../api/http'
import { words } from './toast'

export interface Sending {
  busy: Ref<boolean>
  error: Ref<string>
  /** Does the work; `stale` when somebody else changed the same thing meanwhile. */
  send(work: () => Promise<unknown>): Promise<void>
}

export function useSend(done: () => void, stale?: () => void): Sending {
  const busy = ref(false), error = ref('')
  async function send(work: () => Promise<unknown>): Promise<void> {
    busy.value = true
    error.value = ''
    try {
      await work()
      done()
    } catch (e) {
      if (stale && e instanceof Problem && e.code === 'conflict.version') stale()
      else error.value = words(e)
    } finally {
      busy.value = false
    }
  }
  return { busy, error, send }
}
