// Who is logged in, and what happens when that ends while somebody is at work.
import { computed, ref } from 'vue'
import { getMe, logOut as leave, type Me, type Permission } from './api/session'
import { onSessionEnd, Problem } from './api/http'

/** Undefined until it is known. */
export const me = ref<Me | null>()
/** The session ended; the page stays as it is and a log-in is laid over it. */
export const ended = ref(false)

const waiting: (() => void)[] = []

export const may = (p: Permission): boolean => me.value?.permissions.includes(p) ?? false
export const everywhere = (p: Permission): boolean => me.value?.everywhere.includes(p) ?? false
export const loggedIn = computed(() => !!me.value && !me.value.must_change_password)

export async function load(): Promise<void> {
  try {
    me.value = await getMe()
  } catch (e) {
    if (e instanceof Problem && e.status === 401) me.value = null
    else throw e
  }
}

/** Somebody logged in, at the start or again. */
export function entered(who: Me): void {
  me.value = who
  ended.value = false
  for (const go of waiting.splice(0)) go()
}

export async function logOut(): Promise<void> {
  await leave()
  // Whatever was read belongs to who read it.
  location.assign('/')
}

/** Requests wait here until the person is back. The first look at `/me` does not. */
onSessionEnd(() => {
  if (!me.value) return Promise.resolve()
  ended.value = true
  return new Promise((resolve) => waiting.push(resolve))
})
