// What happens elsewhere, as it happens: one stream for the whole console, and components that look again when it
// says so. A burst of events is one look.
import { onBeforeUnmount, onMounted, readonly, ref } from 'vue'

export interface Happened {
  seq: number
  subject?: string
  subject_uid?: string
  well?: string | null
  action?: string
}
/** `gap`: the stream was interrupted, so more may have happened than is told. */
type Listener = (events: Happened[], gap: boolean) => void

/** The kinds of things whose changes show on pages; the stream names each event by its kind. */
const SUBJECTS = ['well', 'cover', 'responsibility', 'label', 'fall_guard', 'attachment', 'import', 'finding', 'case', 'hazard', 'plan']
/** Milliseconds in which events are gathered. */
const GATHER_MS = 400
const listeners = new Set<Listener>()
let stream: EventSource | undefined
let gathered: Happened[] = []
let timer: ReturnType<typeof setTimeout> | undefined

let gap = false
const lost = ref<Date>()
/** Since when the stream is interrupted; undefined while it is open. */
export const cutSince = readonly(lost)
/** Milliseconds until a stream that the browser gave up is opened again. */
const AGAIN_MS = 5000
let again: ReturnType<typeof setTimeout> | undefined

function tell(): void {
  const events = gathered, missed = gap
  gathered = []
  gap = false
  timer = undefined
  for (const l of [...listeners]) l(events, missed)
}

function take(event: MessageEvent<string>): void {
  try {
    gathered.push(JSON.parse(event.data) as Happened)
  } catch {
    return
  }
  timer ??= setTimeout(tell, GATHER_MS)
}

function open(): void {
  again = undefined
  stream = new EventSource('/api/v1/events')
  for (const subject of SUBJECTS) stream.addEventListener(subject, take)
  stream.addEventListener('open', () => {
    if (!lost.value) return
    lost.value = undefined
    gap = true
    timer ??= setTimeout(tell, GATHER_MS)
  })
  stream.addEventListener('error', () => {
    lost.value ??= new Date()
    // After a refusal (the session ended, the server is not there yet) browsers try no more.
    if (stream?.readyState === EventSource.CLOSED) again ??= setTimeout(open, AGAIN_MS)
  })
}

/** Calls the listener after changes, as long as the component is there. The stream is open while anybody listens. */
export function watchEvents(listener: Listener): void {
  onMounted(() => {
    listeners.add(listener)
    if (!stream) open()
  })
  onBeforeUnmount(() => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      stream?.close()
      clearTimeout(again)
      stream = again = lost.value = undefined
    }
  })
}
