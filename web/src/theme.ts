// Light or dark: the person's choice, else the system's.
import { ref, watchEffect } from 'vue'

const system = matchMedia('(prefers-color-scheme: dark)')
const kept = localStorage.getItem('theme')
export const dark = ref(kept ? kept === 'dark' : system.matches)
if (!kept) system.addEventListener('change', (e) => (dark.value = e.matches))

watchEffect(() => {
  document.documentElement.dataset.theme = dark.value ? 'dark' : 'light'
  document.documentElement.classList.toggle('dark', dark.value)
})

export function toggle(): void {
  dark.value = !dark.value
  localStorage.setItem('theme', dark.value ? 'dark' : 'light')
}
