// What happens elsewhere, as it happens: one stream for the whole console, and components that look again when it
// says so. A burst of events is one look.
import { onBeforeUnmount, onMounted } from 'vue'

export interface Happened {
  seq: number
  subject?: string
  subject_uid?: string
  well?: string | null
  action?: string
}
type Listener = (events: Happened[]) => void

/** The kinds of things whose changes show on pages; the stream names each event by its kind. */
const SUBJECTS = ['well', 'cover', 'responsibility', 'label', 'fall_guard', 'attachment', 'import', 'finding', 'case', 'hazard']
/** Milliseconds in which events are gathered. */
const GATHER_MS = 400
const listeners = new Set<Listener>()
let stream: EventSource | undefined
let gathered: Happened[] = []
let timer: ReturnType<typeof setTimeout> | undefined

function tell(): void {
  const events = gathered
  gathered = []
  timer = undefined
  for (const l of [...listeners]) l(events)
}

function take(event: MessageEvent<string>): void {
  try {
    gathered.push(JSON.parse(event.data) as Happened)
  } catch {
    return
  }
  timer ??= setTimeout(tell, GATHER_MS)
}

/** Calls the listener after changes, as long as the component is there. The stream is open while anybody listens. */
export function watchEvents(listener: Listener): void {
  onMounted(() => {
    listeners.add(listener)
    if (!stream) {
      stream = new EventSource('/api/v1/events')
      for (const subject of SUBJECTS) stream.addEventListener(subject, take)
    }
  })
  onBeforeUnmount(() => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      stream?.close()
      stream = undefined
    }
  })
}
