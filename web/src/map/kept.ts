// What somebody shows or hides on the map, kept on their machine.
import { type Ref, ref, watch } from 'vue'

/** Shown unless it was hidden here. */
export function kept(key: string): Ref<boolean> {
  const on = ref(localStorage.getItem(key) !== 'off')
  watch(on, (shown) => localStorage.setItem(key, shown ? 'on' : 'off'))
  return on
}
