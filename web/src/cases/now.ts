// The time of day for everything that counts down: one timer for the whole console, moving each half minute.
import { onBeforeUnmount, onMounted, readonly, ref } from 'vue'

const STEP_MS = 30_000
const now = ref(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

export function useNow() {
  onMounted(() => {
    now.value = Date.now()
    users++
    timer ??= setInterval(() => (now.value = Date.now()), STEP_MS)
  })
  onBeforeUnmount(() => {
    if (--users > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return readonly(now)
}
